/** A process that holds one connection to the database: requests go in, and their answers come back in the same order. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { ConnectError, ConnectionLostError } from "../errors.ts";
import { codeName, failureOf } from "./codes.ts";
import { type Known, Request, writeRequest } from "./request.ts";
import { type ByteReader, ByteWriter } from "./wire/bytes.ts";
import { FrameReader } from "./wire/frames.ts";
import { ANSWER, type Opening, REQUEST } from "./wire/messages.ts";
import { readValue } from "./wire/values.ts";

/** The program of the process: built beside this file, or as its source. */
const PROGRAM: URL = new URL(import.meta.url.endsWith(".ts") ? "./child/main.ts" : "./child/main.js", import.meta.url);
/** How many statements a process keeps prepared. */
const STATEMENTS = 500;

/** Whose connection it is. */
export interface Holder {
  /** An answer has come, and was passed on. */
  answered(connection: Connection, request: Request): void;
  /** The process is no more. What it has not answered, in order. */
  ended(connection: Connection, unanswered: readonly Request[], error: Error): void;
}

export class Connection {
  readonly #holder: Holder;
  readonly #path: string;
  readonly #child: ChildProcess;
  readonly #writer: ByteWriter = new ByteWriter();
  readonly #statements: Map<string, Known> = new Map();
  #lastId = 0;
  #flushing = false;
  /** What has been asked and not answered: from `#first` on. */
  readonly #unanswered: (Request | undefined)[] = [];
  #first = 0;
  /** How many answers have come. */
  #count = 0;
  #openError: Error | undefined;
  #startError: Error | undefined;
  #ended = false;
  readonly #whenEnded: PromiseWithResolvers<void> = Promise.withResolvers();
  /** It takes no more requests. */
  closing = false;

  constructor(opening: Opening, holder: Holder) {
    this.#holder = holder;
    this.#path = opening.path;
    const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
    this.#child = spawn(process.execPath, [fileURLToPath(PROGRAM)], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#child.on("error", (error) => {
      this.#startError = error;
      if (this.#child.pid === undefined) this.#end();
    });
    this.#child.on("close", () => this.#end());
    const frames = new FrameReader((reader) => this.#answer(reader));
    this.#child.stdout?.on("data", (piece: Buffer) => frames.push(piece));
    for (const pipe of [this.#child.stdin, this.#child.stdout]) pipe?.on("error", () => {}); // its end is told by "close"
    this.#hold(false);
    this.send(new Request({ kind: "open", opening }, { succeed: () => {}, fail: () => {} }));
  }

  /** Settled when the process is no more. */
  get whenEnded(): Promise<void> {
    return this.#whenEnded.promise;
  }

  /** How many requests it has not answered. */
  get load(): number {
    return this.#unanswered.length - this.#first;
  }

  /** What is sent in one turn of the loop travels together. */
  send(request: Request): void {
    const { asked } = request;
    let isNew = false;
    if (asked.kind === "call") {
      request.known = this.#statements.get(asked.sql);
      isNew = request.known === undefined;
      if (isNew) request.known = this.#learn(asked.sql);
    }
    writeRequest(this.#writer, asked, request.known, isNew);
    if (this.load === 0) this.#hold(true);
    this.#unanswered.push(request);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #learn(sql: string): Known {
    if (this.#statements.size >= STATEMENTS) {
      const [oldest, { id }] = this.#statements.entries().next().value as [string, Known];
      this.#statements.delete(oldest);
      this.#writer.u32(5);
      this.#writer.u8(REQUEST.forget);
      this.#writer.u32(id);
    }
    const known: Known = { id: ++this.#lastId, names: [] };
    this.#statements.set(sql, known);
    return known;
  }

  #flush(): void {
    this.#flushing = false;
    this.#child.stdin?.write(this.#writer.take());
  }

  #answer(reader: ByteReader): void {
    const request = this.#unanswered[this.#first] as Request;
    const kind = reader.u8();
    this.#count++;
    if (kind === ANSWER.failed) {
      const error = this.#failure(request, reader.u8(), reader.u32(), reader.text());
      this.#shift();
      request.asker.fail(error);
    } else if (kind === ANSWER.effect) {
      const changes = readValue(reader) as number;
      const lastInsertRowid = readValue(reader) as number | bigint;
      this.#shift();
      request.asker.succeed({ changes, lastInsertRowid });
    } else {
      if (!request.answered(kind, reader)) return;
      this.#shift();
      request.asker.succeed(request.result(kind === ANSWER.piece));
    }
    this.#holder.answered(this, request);
  }

  #shift(): void {
    clearTimeout(this.#unanswered[this.#first]?.watch);
    this.#unanswered[this.#first++] = undefined;
    if (this.#first === this.#unanswered.length) {
      this.#unanswered.length = 0;
      this.#first = 0;
      this.#hold(false);
    } else if (this.#first > 1_000) {
      this.#unanswered.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #failure({ asked }: Request, failure: number, code: number, message: string): Error {
    if (this.#openError !== undefined) return this.#openError;
    const sql = asked.kind === "call" || asked.kind === "exec" || asked.kind === "cursor" ? asked.sql : undefined;
    const error = failureOf(failure, code, message, this.#path, sql);
    if (asked.kind !== "open") return error;
    this.#openError = new ConnectError(`${this.#path} can't be opened: ${error.message}`, this.#path, {
      code: codeName(code),
    });
    this.closing = true;
    this.#child.stdin?.end();
    return this.#openError;
  }

  /** While there is something to wait for, the process keeps this one alive. */
  #hold(holds: boolean): void {
    const { stdin, stdout } = this.#child as { stdin: Partial<Socket> | null; stdout: Partial<Socket> | null };
    for (const handle of [this.#child, stdin, stdout]) {
      if (holds)
        handle?.ref?.(); // not every runtime's pipes have it
      else handle?.unref?.();
    }
  }

  has(request: Request): boolean {
    return this.#unanswered.includes(request, this.#first);
  }

  /** Nobody waits for the answer any more. If there is none within the time given, the process is killed. */
  giveUp(request: Request, grace: number, reason: Error): void {
    request.givenUp = reason;
    const look = (): void => {
      if (this.#count === before) return this.kill();
      before = this.#count; // it answers others: that one waits behind them
      request.asker.fail(reason);
      request.watch = setTimeout(look, grace);
    };
    let before = this.#count;
    request.watch = setTimeout(look, grace);
  }

  /** Tells whoever waits. What the process still answers is not looked at. */
  failAll(error: Error): void {
    for (const request of this.#unanswered.slice(this.#first)) {
      if (request) request.givenUp ??= error;
      request?.asker.fail(error);
    }
  }

  kill(): void {
    this.closing = true;
    if (!this.#ended) this.#hold(true); // until it is no more
    this.#child.kill("SIGKILL");
  }

  /** Lets it end what it does; what is left after the time given is killed. */
  close(within: number): void {
    if (this.#ended) return;
    this.closing = true;
    this.#hold(true);
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.kill(), within);
    this.#child.once("close", () => clearTimeout(timer));
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.closing = true;
    this.#hold(false);
    const { exitCode, signalCode } = this.#child;
    const how = signalCode ? `was killed by ${signalCode}` : `ended with ${exitCode}`;
    const error =
      this.#openError ??
      (this.#startError &&
        new ConnectError(`the process for ${this.#path} can't be started: ${this.#startError.message}`, this.#path, {
          code: (this.#startError as NodeJS.ErrnoException).code,
          cause: this.#startError,
        })) ??
      new ConnectionLostError(
        `the process that holds ${this.#path} ${how} in the middle of a statement, which may have been done`,
        this.#path,
        true,
      );
    const unanswered = this.#unanswered.slice(this.#first).filter((request) => request !== undefined);
    for (const { watch } of unanswered) clearTimeout(watch);
    this.#unanswered.length = 0;
    this.#first = 0;
    this.#whenEnded.resolve();
    this.#holder.ended(this, unanswered, error);
  }
}
