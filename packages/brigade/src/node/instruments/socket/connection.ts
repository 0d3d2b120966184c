/**
 * One that watches: its requests are answered in order, one at a time, and no faster than it reads. What is held for it is one
 * request and one piece of an answer, however slowly it reads and whatever it sends.
 */
import type { Socket } from "node:net";
import type { Answering } from "../../../trace/live/answers.ts";
import { type CallAnswer, MOST_REQUEST_BYTES } from "../../../trace/live/protocol.ts";

/** Longest that an answer waits for its reader, in milliseconds. */
const MOST_PATIENCE = 60_000;
/** Longest that an answer is made before the program has a turn, in milliseconds; one step of it may take longer. */
const SLICE = 4;
const NEWLINE = 10;

export class Connection {
  readonly #socket: Socket;
  readonly #answer: (request: Readonly<Record<string, unknown>>) => Answering;
  #received: Buffer = Buffer.alloc(0); // what came and is no whole line; ≤ MOST_REQUEST_BYTES and one read
  #state: "listening" | "answering" | "closed" = "listening";
  #answering: Answering | undefined;

  constructor(socket: Socket, answer: (request: Readonly<Record<string, unknown>>) => Answering) {
    this.#socket = socket;
    this.#answer = answer;
    socket.unref();
    socket.setTimeout(0);
    socket.on("data", (bytes) => this.#take(bytes as Buffer));
    socket.on("error", () => this.close()); // it has gone
    socket.on("close", () => this.close());
    socket.on("timeout", () => this.close());
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#answering?.return(undefined);
    this.#answering = undefined;
    this.#received = Buffer.alloc(0);
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    if (this.#state === "listening") void this.#next();
    else this.#socket.pause();
  }

  /** Answers every whole line that is there. */
  async #next(): Promise<void> {
    this.#state = "answering";
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      await this.#respond(line);
      if (this.#closed) return;
    }
    if (this.#closed) return;
    this.#state = "listening";
    this.#socket.resume();
  }

  // A method: what is awaited may have closed it, which the compiler does not see.
  get #closed(): boolean {
    return this.#state === "closed";
  }

  #line(): string | undefined {
    const end = this.#received.indexOf(NEWLINE);
    if ((end < 0 ? this.#received.length : end) > MOST_REQUEST_BYTES) {
      this.#refuse(`a request has at most ${MOST_REQUEST_BYTES} bytes`);
      return undefined;
    }
    if (end < 0) return undefined;
    const line = this.#received.toString("utf8", 0, end);
    this.#received = this.#received.subarray(end + 1);
    return line;
  }

  async #respond(line: string): Promise<void> {
    const request = parsed(line);
    if (request === undefined) return this.#refuse("this is no request: send one JSON object a line, with id and call");
    const id = typeof request["id"] === "number" ? request["id"] : 0;
    try {
      await this.#carryOut(id, this.#answer(request));
    } catch (error) {
      await this.#write({ id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  async #carryOut(id: number, answering: Answering): Promise<void> {
    this.#answering = answering;
    let began = performance.now();
    while (!this.#closed) {
      const { done, value } = answering.next();
      if (done) {
        this.#answering = undefined;
        return this.#write({ id, value } as CallAnswer);
      }
      if (value !== undefined) await this.#write({ id, piece: value });
      if (performance.now() - began < SLICE) continue;
      await turn();
      began = performance.now();
    }
  }

  /** Waits until the reader has room for more, or is gone. */
  async #write(answer: CallAnswer): Promise<void> {
    if (this.#closed || this.#socket.write(`${JSON.stringify(answer)}\n`)) return;
    const socket = this.#socket;
    socket.setTimeout(MOST_PATIENCE);
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off("drain", go);
        socket.off("close", go);
        resolve();
      };
      socket.on("drain", go);
      socket.on("close", go);
    });
    socket.setTimeout(0);
  }

  /** Says what was wrong, and ends it: what follows can't be understood either. */
  #refuse(error: string): void {
    this.#state = "closed";
    this.#received = Buffer.alloc(0);
    this.#socket.end(`${JSON.stringify({ id: 0, error })}\n`, () => this.#socket.destroy());
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** After the program's own turn. One that keeps the process alive: others come only when something else does. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
