/** A folder's database, as its clients see it: finds the folder's keeper, or starts one, whenever there is none. */
import { lstatSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { EngineError } from "../../errors.ts";
import type { Database, Row } from "../pg-boss/database.ts";
import { assertReadable, isFull, type Place } from "./place.ts";
import { StartingKeeper } from "./starting-keeper.ts";
import { type Failure, type Hello, Lines, type Message, WIRE } from "./wire.ts";

/** A first keeper makes the database, which takes seconds on a good day. In ms. */
const LONGEST_START = 90_000;
const NEXT_LOOK = 50;
/** Between the starts of two keepers, in ms. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4_000;
/** How long a keeper that is asked for a bye is waited for, in ms. */
const LONGEST_BYE = 1_000;

interface Waiting {
  resolve(result: { rows: Row[] }): void;
  reject(error: Error): void;
}

type Question =
  | { readonly sql: string; readonly values?: readonly unknown[] }
  | { readonly listen: string }
  | { readonly unlisten: string };

interface Listening {
  readonly heard: (payload: string) => void;
  readonly again: () => void;
}

class LostKeeperError extends EngineError {}

export class KeptDatabase implements Database {
  readonly place: string;
  readonly #place: Place;
  readonly #trouble: (message: string, error: unknown) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listening = new Map<string, Set<Listening>>();
  #socket: Socket | undefined;
  #connecting: Promise<Socket> | undefined;
  #lastId = 0;
  #closed = false;

  constructor(place: Place, trouble: (message: string, error: unknown) => void) {
    this.#place = place;
    this.place = `the folder ${place.folder}`;
    this.#trouble = trouble;
  }

  async executeSql(sql: string, values?: unknown[]): Promise<{ rows: Row[] }> {
    return this.#ask(await this.#connected(), values?.length ? { sql, values } : { sql });
  }

  async listen(
    channel: string,
    heard: (payload: string) => void,
    again: () => void,
  ): Promise<{ close(): Promise<void> }> {
    const listening: Listening = { heard, again };
    const all = this.#listening.get(channel) ?? new Set();
    this.#listening.set(channel, all.add(listening));
    await this.#ask(await this.#connected(), { listen: channel });
    again();
    return {
      close: async () => {
        all.delete(listening);
        if (all.size > 0) return;
        this.#listening.delete(channel);
        if (this.#socket) await this.#ask(this.#socket, { unlisten: channel }).catch(() => {});
      },
    };
  }

  isLost(error: unknown): boolean {
    return error instanceof LostKeeperError && !this.#closed;
  }

  failure(error: unknown): EngineError {
    if (error instanceof EngineError && !(error instanceof LostKeeperError)) return error;
    const message = error instanceof Error ? error.message : String(error);
    const why = isFull(this.#place.folder) ? " (its disk is full: make room there)" : "";
    return new EngineError(`local: ${this.place} can't be used: ${message}${why}`, { cause: error });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const socket = await this.#connecting?.catch(() => undefined);
    const open = this.#socket ?? socket;
    if (open === undefined || open.destroyed) return;
    await new Promise<void>((done) => {
      const late = setTimeout(() => open.destroy(), LONGEST_BYE);
      open.once("close", () => {
        clearTimeout(late);
        done();
      });
      open.end();
    });
  }

  #ask(socket: Socket, question: Question): Promise<{ rows: Row[] }> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (socket !== this.#socket) {
        reject(this.#lost());
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      socket.write(`${JSON.stringify({ id, ...question })}\n`);
    });
  }

  #connected(): Promise<Socket> {
    if (this.#closed) return Promise.reject(new EngineError(`local: ${this.place} is closed`));
    if (this.#socket) return Promise.resolve(this.#socket);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Socket> {
    const until = Date.now() + LONGEST_START;
    let keeper: StartingKeeper | undefined;
    let pause = FIRST_PAUSE;
    let spawnAfter = 0;
    try {
      for (; !this.#closed; await waitFor(NEXT_LOOK)) {
        const socket = await dial(this.#place.socket);
        if (socket) return await this.#adopt(socket);
        if (keeper?.failure) throw new EngineError(keeper.failure);
        if (Date.now() > until) throw new EngineError(`local: ${this.place} has no keeper that answers`);
        if (keeper && !keeper.ended) await Promise.race([keeper.reported, waitFor(NEXT_LOOK)]);
        else if (Date.now() >= spawnAfter) {
          assertReadable(this.#place);
          keeper = new StartingKeeper(this.#place.folder);
          // One that finds another at work ends: that one is making the folder, or is about to end itself.
          spawnAfter = Date.now() + pause;
          pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
      }
      throw new EngineError(`local: ${this.place} is closed`);
    } finally {
      keeper?.release();
    }
  }

  async #adopt(socket: Socket): Promise<Socket> {
    const hello = await new Promise<Hello>((resolve, reject) => {
      let heardHello = false;
      const lines = new Lines((line) => {
        const message = JSON.parse(line) as Message;
        if (heardHello) this.#hear(message);
        else {
          heardHello = true;
          resolve(message as Hello);
        }
      });
      socket.setEncoding("utf8");
      socket.on("data", (text: string) => lines.push(text));
      socket.on("error", () => {}); // "close" follows
      socket.on("close", () => {
        reject(this.#lost());
        this.#leave(socket);
      });
    });
    if (hello.wire !== WIRE) {
      socket.destroy();
      throw new EngineError(
        `local: ${this.place} is kept by another version of @brigade/workers (process ${hello.pid}): end the programs that use it`,
      );
    }
    if (this.#closed) {
      socket.destroy();
      throw new EngineError(`local: ${this.place} is closed`);
    }
    this.#socket = socket;
    for (const [channel, all] of this.#listening)
      this.#ask(socket, { listen: channel }).then(
        () => all.forEach(({ again }) => again()),
        (error: unknown) => this.#trouble(`can't listen on ${channel}`, error),
      );
    return socket;
  }

  #hear(message: Message): void {
    if ("channel" in message) {
      for (const { heard } of this.#listening.get(message.channel) ?? []) heard(message.payload);
      return;
    }
    if (!("id" in message)) return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.reject(postgresError(message.error));
    else waiting?.resolve({ rows: revived(message.rows as Row[], message.dates ?? []) });
  }

  #leave(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(this.#lost());
    if (this.#closed || this.#listening.size === 0) return;
    // Whoever listens must hear again, though nobody asks anything.
    this.#connected().catch((error: unknown) => this.#trouble(`lost the keeper of ${this.place}`, error));
  }

  #lost(): LostKeeperError {
    return new LostKeeperError(`local: the keeper of ${this.place} has gone in the middle of a call`);
  }
}

function waitFor(ms: number): Promise<void> {
  return new Promise((next) => setTimeout(next, ms));
}

/** Undefined: nobody listens there (yet). */
function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    if (!isOurs(path)) {
      resolve(undefined);
      return;
    }
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(error.code ?? "")) resolve(undefined);
      else reject(new EngineError(`local: can't reach the keeper at ${path}: ${error.message}`, { cause: error }));
    });
  });
}

function isOurs(path: string): boolean {
  if (process.platform === "win32") return true;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const user = process.getuid?.();
  if (user === undefined || found.uid === user || user === 0) return true;
  throw new EngineError(`local: the socket ${path} is that of another user: use a folder of your own`);
}

function postgresError(fields: Failure): Error {
  return Object.assign(new Error(fields.message), fields);
}

function revived(rows: Row[], dates: readonly string[]): Row[] {
  for (const row of rows)
    for (const name of dates) {
      const value = row[name];
      if (typeof value === "string") row[name] = new Date(value);
    }
  return rows;
}
