/**
 * The processes that read. What is known to be quick travels to one of them with others; what is slow, or not known yet, has one
 * to itself, so that ending it hurts nobody else. A read has no effect: when its process ends, another does it again.
 */
import { type Awaitable, fromCallback, fromPromise, gather } from "brigade";
import { ConnectError, ConnectionLostError } from "../errors.ts";
import { Connection, type Holder } from "./connection.ts";
import { Request, type SqliteValues } from "./request.ts";
import type { Text } from "./texts.ts";
import { type Opening, STAND, type Wanted } from "./wire/messages.ts";

/** How many quick reads a process is given before it has answered. */
const DEPTH = 64;
/** A read whose process has ended so often is what ends it; so many that end while they start will not start. */
const LOSSES = 3;

interface Lane {
  readonly connection: Connection;
  /** The database is open. */
  ready: boolean;
  /** What it does is quick: more can be added. */
  quick: boolean;
}

export class Readers implements Holder {
  readonly #opening: Opening;
  readonly #most: number;
  readonly #grace: number;
  readonly #lanes: Map<Connection, Lane> = new Map();
  readonly #waiting: Request[] = [];
  /** How many processes in a row have ended before the database was open. */
  #failedStarts = 0;

  constructor(opening: Opening, most: number, grace: number) {
    this.#opening = opening;
    this.#most = most;
    this.#grace = grace;
  }

  /** Cancelled, it waits for the answer for as long as `grace`, then the process is killed. */
  read<T>(text: Text, wanted: Wanted, values: SqliteValues | undefined): Awaitable<T> {
    return fromCallback<T>((reply) => {
      const asked = { kind: "call", wanted, stand: STAND.outside, sql: text.sql, values } as const;
      const request = new Request(asked, reply, text);
      if (this.#waiting.length > 0 || !this.#sent(request)) {
        this.#waiting.push(request);
        this.#startLane();
      }
      return (reason) => this.#giveUp(request, reason);
    }, text.sql);
  }

  /** False where no process can take it now. */
  #sent(request: Request): boolean {
    const quick = request.text?.quick === true;
    let chosen: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.connection.closing || !lane.ready) continue;
      const { load } = lane.connection;
      if (quick && lane.quick && load > 0 && load < DEPTH) {
        chosen = lane;
        break;
      }
      if (load === 0) chosen ??= lane;
    }
    if (chosen === undefined) return false;
    chosen.quick = quick;
    chosen.connection.send(request);
    return true;
  }

  #sendWaiting(): void {
    let sent = 0;
    while (sent < this.#waiting.length && this.#sent(this.#waiting[sent] as Request)) sent++;
    if (sent > 0) this.#waiting.splice(0, sent);
  }

  /** Starts a process, unless those that are being started are enough for those who wait. */
  #startLane(): void {
    let starting = 0;
    for (const { ready } of this.#lanes.values()) if (!ready) starting++;
    if (this.#lanes.size >= this.#most || starting >= this.#waiting.length) return;
    const connection = new Connection(this.#opening, this);
    this.#lanes.set(connection, { connection, ready: false, quick: false });
  }

  #giveUp(request: Request, reason: Error): void {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      request.asker.fail(reason);
      return;
    }
    for (const connection of this.#lanes.keys()) {
      if (connection.has(request)) return connection.giveUp(request, this.#grace, reason);
    }
  }

  answered(connection: Connection, { asked, text, slow }: Request): void {
    const lane = this.#lanes.get(connection);
    if (asked.kind === "open" && lane && !connection.closing) {
      lane.ready = true;
      this.#failedStarts = 0;
    }
    if (text) text.quick = !slow;
    if (this.#waiting.length > 0) this.#sendWaiting();
  }

  ended(connection: Connection, unanswered: readonly Request[], error: Error): void {
    if (this.#lanes.get(connection)?.ready === false) this.#failedStarts++;
    this.#lanes.delete(connection);
    const again = unanswered.filter((request, at) => this.#goesOn(request, at === 0, error));
    this.#waiting.unshift(...again);
    const hopeless = error instanceof ConnectError || this.#failedStarts >= LOSSES;
    if (hopeless && this.#lanes.size === 0) {
      for (const { asker } of this.#waiting.splice(0)) asker.fail(error);
    }
    this.#sendWaiting();
    if (this.#waiting.length > 0) this.#startLane();
  }

  /** Whether another process does it. */
  #goesOn(request: Request, first: boolean, error: Error): boolean {
    const { asked, asker, givenUp } = request;
    if (asked.kind === "open") return false;
    if (givenUp !== undefined) {
      asker.fail(givenUp);
      return false;
    }
    if (first && ++request.losses === LOSSES) {
      const message = `the statement's process has ended ${LOSSES} times: ${error.message}; memory may not have been enough for its rows`;
      asker.fail(new ConnectionLostError(message, this.#opening.path, true));
      return false;
    }
    request.anew();
    return true;
  }

  /** Whoever waits gets the error. Waits until the processes are no more. */
  close(error: Error): Awaitable<unknown> {
    for (const { asker } of this.#waiting.splice(0)) asker.fail(error);
    const connections = [...this.#lanes.keys()];
    for (const connection of connections) {
      connection.failAll(error);
      connection.kill(); // nothing is lost with what can only read
    }
    return gather(connections.map(({ whenEnded }) => fromPromise(whenEnded)));
  }
}
