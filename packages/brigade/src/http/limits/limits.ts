/**
 * Lets requests start: so many at once and at such a rate, over all and for each host, in the order they came. A request
 * that waits costs no connection, is cancellable everywhere, and holds back nobody but those behind it for the same host.
 */
import { Lock } from "../../sync/lock.ts";
import type { Permit } from "../../sync/permit.ts";
import { coroutine } from "../../task/coroutine.ts";
import { getRunningLoop } from "../../task/event-loop.ts";
import { sleepUntil } from "../../task/sleep.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import type { HostState, Limits } from "../types.ts";
import type { Signal } from "./adaptive.ts";
import { Gate } from "./gate.ts";
import { type Host, Hosts } from "./hosts.ts";
import { Pace } from "./pace.ts";
import { limitSettings } from "./settings.ts";

/** Held by a request from its start to its end. */
export interface Lease {
  /** Lets the next one start; the first time. May be called outside of tasks and of the loop. */
  release(signal: Signal): void;
}

/**
 * The way in, in this order: a permit of the host, the host's turn, the host's rate; then the turn of all (where there is
 * a rate over all), a permit of all, the rate over all. Whoever has the host's turn keeps it until it starts: so a rate
 * holds for starts, and in the lines of all each host stands once, however many of its requests wait.
 */
export class RequestLimits {
  readonly #hosts: Hosts;
  readonly #gate: Gate;
  readonly #pace: Pace | undefined;
  readonly #turn = new Lock(); // held by the one request that is next for the rate over all
  readonly #paced: boolean; // there is a rate, and moments count
  #passedAt = -Infinity; // when, in its own time, the last one had the turn of all
  #queued = 0; // requests that have passed their host's limits, and not those of all

  /** Throws `RangeError` for a limit that can't be, `TypeError` for one that there is not. */
  constructor(limits: Limits | undefined) {
    const settings = limitSettings(limits);
    this.#hosts = new Hosts(settings);
    this.#gate = new Gate(settings.connections);
    this.#pace = settings.interval > 0 ? new Pace(settings.interval) : undefined;
    this.#paced = settings.interval > 0 || settings.hostInterval > 0;
  }

  /** A lease at once, if nothing has to be waited for and nobody is ahead in line; otherwise undefined: then `enter`. */
  tryEnter(name: string): Lease | undefined {
    if (this.#queued > 0 || this.#gate.locked) return undefined;
    const now = this.#now();
    if (this.#pace !== undefined && this.#pace.next > now) return undefined;
    const host = this.#hosts.obtain(name);
    if (host.waiting > 0 || host.gate.locked || (host.pace !== undefined && host.pace.next > now)) {
      this.#hosts.left(host);
      return undefined;
    }
    host.gate.take();
    this.#gate.take();
    return this.#started(host, now);
  }

  /** Waits in line for a lease. Cancellation leaves the line, and gives back what was held on the way. */
  enter(name: string): Awaitable<Lease> {
    return this.#entering(name);
  }

  /** The hosts that have requests in flight or waiting. */
  hosts(): HostState[] {
    return Array.from(this.#hosts.values(), ({ name, inFlight, waiting, gate }) => {
      return { host: name, inFlight, waiting, limit: gate.limit };
    });
  }

  readonly #entering = coroutine(function* enter(this: RequestLimits, name: string): CoroutineBody<Lease> {
    const host = this.#hosts.obtain(name);
    let permit: Permit | undefined;
    let turn: Permit | undefined;
    let lease: Lease | undefined;
    let at = -Infinity; // the moment it could go on, which is not later than now: timers come late
    host.waiting++;
    try {
      permit = yield* host.gate.acquire();
      at = this.#now();
      turn = yield* host.turn.acquire();
      at = Math.max(at, host.passedAt);
      if (host.pace !== undefined) {
        at = host.pace.due(at, this.#now());
        if (at > this.#now()) yield* sleepUntil(at);
      }
      lease = yield* this.#passing(host, at);
      return lease;
    } finally {
      host.waiting--;
      host.passedAt = this.#passedAt; // of this one, if it got that far
      turn?.release();
      if (lease === undefined) {
        if (permit !== undefined) host.gate.release();
        this.#hosts.left(host);
      }
    }
  });

  /** Past the limits of all, for a request that has passed its host's, and could go on at `ready`. */
  readonly #passing = coroutine(function* enter(this: RequestLimits, host: Host, ready: number): CoroutineBody<Lease> {
    let permit: Permit | undefined;
    let turn: Permit | undefined;
    let lease: Lease | undefined;
    let at = ready;
    this.#queued++;
    try {
      if (this.#pace !== undefined) {
        turn = yield* this.#turn.acquire();
        at = Math.max(at, this.#passedAt);
      }
      const full = this.#gate.locked;
      permit = yield* this.#gate.acquire();
      if (full) at = this.#now(); // whom it waited for was no timer
      if (this.#pace !== undefined) {
        at = this.#pace.due(at, this.#now());
        if (at > this.#now()) yield* sleepUntil(at);
      }
      lease = this.#started(host, at);
      return lease;
    } finally {
      this.#queued--;
      if (lease === undefined) this.#passedAt = this.#now();
      turn?.release();
      if (lease === undefined && permit !== undefined) this.#gate.release();
    }
  });

  /** Both permits are held. */
  #started(host: Host, at: number): Lease {
    host.inFlight++;
    this.#passedAt = at;
    this.#pace?.started(at);
    host.pace?.started(at);
    return new StartedRequest(this, host, host.adaptive?.started(host.inFlight) ?? 0);
  }

  /** @internal A request has ended. */
  ended(host: Host, number: number, signal: Signal): void {
    const { adaptive, gate } = host;
    if (adaptive !== undefined) {
      adaptive.ended(number, signal);
      gate.resize(adaptive.limit);
    }
    host.inFlight--;
    this.#gate.release();
    gate.release();
    this.#hosts.left(host);
  }

  #now(): number {
    return this.#paced ? getRunningLoop().time() : 0;
  }
}

class StartedRequest implements Lease {
  readonly #limits: RequestLimits;
  readonly #number: number;
  #host: Host | undefined; // undefined ⇔ released

  constructor(limits: RequestLimits, host: Host, number: number) {
    this.#limits = limits;
    this.#host = host;
    this.#number = number;
  }

  release(signal: Signal): void {
    const host = this.#host;
    if (host === undefined) return;
    this.#host = undefined;
    this.#limits.ended(host, this.#number, signal);
  }
}
