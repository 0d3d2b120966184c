/** One connection to the server: what both drivers do with one, and nothing of how they do it. */
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Statement } from "../sql/statement.ts";

/** Rows as they come, with what the server says about the statement. */
export type Rows<Row> = Row[] & {
  /** How many rows it gave or changed; null where the server does not say. */
  readonly count: number | null;
  /** SELECT, INSERT, UPDATE, COMMIT, … */
  readonly command: string;
};

/** Who waits for the answer to a statement. It is told once. */
export interface Answered {
  succeeded(rows: Rows<unknown>): void;
  failed(error: unknown): void;
}

/** Who feeds, or reads, a copy. */
export interface Copying<Channel> {
  /** The server is ready for the data, or has begun to send it. */
  ready(channel: Channel): void;
  /** The copy has ended, with so many rows. */
  ended(count: number): void;
  failed(error: unknown): void;
}

/** Where the bytes of a copy go. */
export interface CopyInput {
  /** `done` is called when there is room for more, and after a failure too. */
  write(chunk: Uint8Array, done: () => void): void;
  end(): void;
  /** The server undoes what it has taken, and says so by a failure. */
  abort(reason: string): void;
}

export abstract class Link {
  /** The server's process, and what proves that a request to cancel comes from here. */
  abstract readonly pid: number;
  abstract readonly secret: number;
  /** Milliseconds that the first statement took. */
  roundTrip = 0;
  /** Called when the connection is lost, once. */
  onLost: (() => void) | undefined;
  onNotification: ((channel: string, payload: string) => void) | undefined;
  #state: "open" | "lost" = "open";
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once("close", () => this.#lose());
    socket.once("end", () => this.#lose());
  }

  get open(): boolean {
    return this.#state === "open";
  }

  #lose(): void {
    if (this.#state === "lost") return;
    this.#state = "lost";
    this.onLost?.();
  }

  /** Sends the statement, behind those that were sent before. */
  abstract send(statement: Statement, answered: Answered): void;
  /** Of COPY … FROM STDIN. */
  abstract copyIn(text: string, copying: Copying<CopyInput>): void;
  /** Of COPY … TO STDOUT. */
  abstract copyOut(text: string, copying: Copying<Readable>): void;
  /** What the server keeps for the statement is stale: the next one like it is made anew. */
  abstract forget(text: string): void;
  /** Says goodbye; the server closes the connection. */
  protected abstract goodbye(): void;

  /** Says goodbye, and calls back when the connection is closed. */
  close(closed: () => void): void {
    if (this.#socket.destroyed) return closed();
    this.#socket.once("close", closed);
    this.goodbye();
  }

  /** Closes the connection at once, whatever runs: the server undoes what was not committed. */
  destroy(): void {
    this.#socket.destroy();
    this.#lose();
  }
}
