/**
 * One request on its way and its answer, as the client sees it: told by the transport, waited for by a task, bounded by
 * time. However it ends, it ends once, and gives its lease back.
 */
import { type TimerEntry, UNSET } from "../../kernel/timers.ts";
import type { Loop } from "../../kernel/loop.ts";
import { AttemptTimeout, BodyUnavailableError, ConnectTimeout, ReadTimeout } from "../errors.ts";
import { type Live, NOWHERE, type Slotted } from "../../kernel/live.ts";
import type { Lease } from "../limits/limits.ts";
import type {
  ExchangeListener,
  ResponseHead,
  Transport,
  TransportExchange,
  TransportRequest,
} from "../transport/transport.ts";
import type { RequestInfo } from "../types.ts";
import { Arrival, type Arriving, type Wanted } from "./arrival.ts";
import { failureOf } from "./failures.ts";
import { type Bounds, type Phase, tooLate } from "./too-late.ts";
import { type WatchedSource, watchedSource } from "./source-bytes.ts";

/** A moment that has not come: before any that a clock shows. */
export const NOT_YET = -1;
/** Taken in ahead of whoever reads. */
export const AHEAD: number = 64 * 1024;

/** Milliseconds that the rest of a body may take which nobody wants: a new connection takes as long. */
const DROPPING = 100;

export class Exchange implements ExchangeListener, Arriving, Slotted, TimerEntry {
  sequence: number = UNSET;
  slot: number = NOWHERE;
  response: ResponseHead | undefined;
  /** What has come of the body and was not read. */
  chunks: Uint8Array[] = [];
  /** Their bytes. */
  buffered = 0;
  /** Why there is no more to come, if that is not the body's end. */
  failure: Error | undefined;
  /** Somebody reads the body, or has. */
  claimed = false;
  /** The task that waits for something to come, by its wait. */
  wait: Arrival | undefined;
  /** The connection had carried other requests before. */
  reused = false;
  readonly request: RequestInfo;
  readonly loop: Loop;
  readonly began: number;
  /** When it came so far; `NOT_YET` before. */
  connectedAt: number = NOT_YET;
  headAt: number = NOT_YET;
  endedAt: number = NOT_YET;

  #phase: Phase = "connecting";
  #paused = false;
  #dropping = false; // what comes is not kept
  #droppedBy = Infinity; // what is dropped has to have come by then
  #asking = false; // the body's source is asked for a piece: nothing is owed by the connection
  readonly #source: WatchedSource | undefined; // of a body that comes in pieces
  #wanted = AHEAD; // bytes that are taken in before the transport is paused
  #lastMove: number; // when something last came, or was sent
  #alarmAt: number; // when the timer runs
  readonly #bounds: Bounds;
  readonly #totalAt: number; // when the call that this belongs to has to be over
  readonly #transport: TransportExchange | undefined; // undefined: the transport threw, and it is over
  readonly #foreign: boolean;
  readonly #bodiless: boolean;
  readonly #lease: Lease;
  readonly #live: Live<Exchange>;

  constructor(
    transport: Transport,
    request: TransportRequest,
    info: RequestInfo,
    bounds: Bounds,
    totalAt: number,
    lease: Lease,
    live: Live<Exchange>,
    loop: Loop,
  ) {
    this.request = info;
    this.loop = loop;
    this.#bounds = bounds;
    this.#totalAt = totalAt;
    this.#lease = lease;
    this.#live = live;
    this.#foreign = transport.foreign;
    this.#bodiless = request.body === undefined;
    this.began = this.#lastMove = loop.time();
    this.#alarmAt = this.#deadline();
    live.add(this);
    loop.setTimer(this, this.#alarmAt);
    this.#source = watchedSource(request.body, (asking) => this.#asks(asking));
    const sent = this.#source === undefined ? request : { ...request, body: this.#source };
    try {
      this.#transport = transport.send(sent, this);
    } catch (error) {
      this.failed(error);
    }
    if (this.failure !== undefined) this.#transport?.abort(this.failure);
  }

  get over(): boolean {
    return this.#phase === "over";
  }

  /** All of the body has come. */
  get whole(): boolean {
    return this.#phase === "over" && this.failure === undefined;
  }

  get foreign(): boolean {
    return this.#foreign;
  }

  // ── Told by the transport ──

  connected(reused = false): void {
    if (this.#phase !== "connecting") return;
    this.#phase = this.#bodiless ? "waiting" : "sending";
    this.reused = reused;
    this.connectedAt = this.#lastMove = this.loop.time();
    this.#hurry();
  }

  sent(whole: boolean): void {
    if (this.#phase !== "sending") return;
    if (whole) this.#phase = "waiting";
    this.#lastMove = this.loop.time();
    this.#hurry();
  }

  head(head: ResponseHead): void {
    if (this.#phase === "over") return;
    this.#phase = "body";
    this.response = head;
    this.headAt = this.#lastMove = this.loop.time();
    if (this.connectedAt === NOT_YET) this.connectedAt = this.headAt;
    this.#hurry();
    this.#arrived("head");
  }

  data(chunk: Uint8Array): void {
    if (this.#phase !== "body") return;
    this.#lastMove = this.loop.time();
    if (this.#dropping) return this.#drop(chunk.byteLength);
    this.chunks.push(chunk);
    this.buffered += chunk.byteLength;
    if (this.buffered >= this.#wanted) {
      this.#paused = true;
      this.#transport?.pause();
      this.#arrived("rest");
    }
    this.#arrived("some");
  }

  ended(): void {
    if (this.#phase === "over") return;
    this.#settle(undefined);
  }

  failed(error: unknown): void {
    if (this.#phase === "over") return;
    this.#settle(failureOf(error, this.request, this.#phase, this.response !== undefined));
  }

  /** The transport asks for a piece of the body, or has been given it. */
  #asks(asking: boolean): void {
    this.#asking = asking;
    this.#lastMove = this.loop.time();
    this.#hurry();
  }

  // ── Used by the client ──

  /** Ends it now, and says why to whoever waits or reads. Does nothing when it is over. */
  abort(reason: Error): void {
    if (this.#phase === "over") return;
    this.#settle(reason);
    this.#transport?.abort(reason);
  }

  /** Waits for the head; throws why none came. */
  arrival(wanted: Wanted): Arrival {
    return new Arrival(this, wanted);
  }

  has(wanted: Wanted): boolean {
    if (this.#phase === "over") return true;
    if (wanted === "head") return this.response !== undefined;
    return wanted === "some" ? this.chunks.length > 0 : this.buffered >= this.#wanted;
  }

  /** Takes in up to so many bytes before the server has to wait. */
  want(bytes: number): void {
    this.#wanted = bytes;
    if (this.#paused && this.buffered < bytes) this.#resume();
  }

  /** What has come since the last time. */
  take(): Uint8Array[] {
    const { chunks } = this;
    this.chunks = [];
    this.buffered = 0;
    if (this.#paused) this.#resume();
    return chunks;
  }

  /** The rest is not wanted: what is short enough comes and is dropped, so that the connection stays; more is cut off. */
  discard(): void {
    this.claimed = true;
    this.#dropping = true;
    if (this.#phase === "over") return void this.take();
    this.#wanted = AHEAD;
    const had = this.buffered;
    this.chunks = [];
    this.buffered = 0;
    this.#drop(had);
    if (this.#paused) this.#resume();
    this.#droppedBy = this.loop.time() + DROPPING;
    this.#hurry();
  }

  #drop(bytes: number): void {
    this.#wanted -= bytes;
    if (this.#wanted < 0) this.abort(this.#unwanted());
  }

  #unwanted(): BodyUnavailableError {
    return new BodyUnavailableError("the rest of the body was not wanted", this.request);
  }

  #resume(): void {
    this.#paused = false;
    this.#lastMove = this.loop.time();
    if (this.#phase === "over") return;
    this.#hurry();
    this.#transport?.resume();
  }

  #arrived(what: Wanted): void {
    if (this.wait?.wanted === what) this.wait.come();
  }

  #settle(failure: Error | undefined): void {
    this.#phase = "over";
    this.failure = failure;
    this.endedAt = this.loop.time();
    this.loop.clearTimer(this);
    this.#live.delete(this);
    this.#source?.stop();
    this.#lease.release(this.#signal());
    this.wait?.come();
  }

  /** What the end says of the server's load. */
  #signal(): "fine" | "overloaded" | "unknown" {
    const status = this.response?.status;
    if (status === 429 || status === 503) return "overloaded";
    const { failure } = this;
    if (failure === undefined) return "fine";
    const slow =
      failure instanceof ReadTimeout || failure instanceof ConnectTimeout || failure instanceof AttemptTimeout;
    return slow ? "overloaded" : "unknown";
  }

  // ── Time ──

  /** When the current state has lasted too long. */
  #deadline(): number {
    const { connect, write, read, attempt } = this.#bounds;
    const end = Math.min(this.#totalAt, this.began + attempt);
    if (this.#phase === "connecting") return Math.min(end, this.began + connect);
    if (this.#phase === "sending") return this.#asking ? end : Math.min(end, this.#lastMove + write);
    if (this.#dropping) return Math.min(end, this.#droppedBy);
    // A reader that takes its time is not the server's fault; nobody reading is a connection held for nothing.
    const slowReader = this.#paused && this.claimed;
    return slowReader ? end : Math.min(end, this.#lastMove + read);
  }

  /** Makes the timer run earlier if it has to. When it runs it looks again. */
  #hurry(): void {
    if (this.#phase === "over") return;
    const deadline = this.#deadline();
    if (deadline >= this.#alarmAt) return;
    this.#alarmAt = deadline;
    this.loop.setTimer(this, deadline);
  }

  /** The timer is due. */
  run(): void {
    if (this.#phase === "over") return;
    this.#alarmAt = this.#deadline();
    if (this.#alarmAt > this.loop.time()) this.loop.setTimer(this, this.#alarmAt);
    else this.abort(this.#tooLate());
  }

  #tooLate(): Error {
    if (this.#dropping) return this.#unwanted();
    const now = this.#alarmAt;
    const phase = this.#paused ? "unread" : this.#phase;
    return tooLate(this.request, this.#bounds, phase, now >= this.#totalAt, now >= this.began + this.#bounds.attempt);
  }
}
