/**
 * The hosts that have requests, and what has to be known of the others: when one may be asked again, and what it can take.
 * In memory it is the hosts in use, and those of the last interval of the rate, however many there were before.
 */
import { Lock } from "../../sync/lock.ts";
import { getRunningLoop } from "../../task/event-loop.ts";
import { Adaptive } from "./adaptive.ts";
import { Gate } from "./gate.ts";
import { Pace } from "./pace.ts";
import type { LimitSettings } from "./settings.ts";

export class Host {
  readonly name: string;
  readonly gate: Gate;
  readonly pace: Pace | undefined;
  readonly adaptive: Adaptive | undefined;
  inFlight = 0;
  waiting = 0;
  /** When, in its own time, the last one had its turn. */
  passedAt: number = -Infinity;
  #turn: Lock | undefined;

  constructor(name: string, settings: LimitSettings, rest: Rest | undefined) {
    this.name = name;
    if (settings.adaptive) this.adaptive = new Adaptive(settings.adaptive, rest?.limit);
    if (settings.hostInterval > 0) this.pace = new Pace(settings.hostInterval, rest?.next);
    this.gate = new Gate(this.adaptive?.limit ?? settings.perHost);
  }

  /** Held by the one request of the host that is next to start. */
  get turn(): Lock {
    return (this.#turn ??= new Lock());
  }

  get idle(): boolean {
    return this.inFlight === 0 && this.waiting === 0;
  }
}

/** What is left of a host without requests. */
interface Rest {
  readonly next: number | undefined;
  readonly limit: number | undefined;
}

/** Milliseconds for which a limit that was found is remembered at least, unless there are too many. */
const MEMORY = 300_000;
const MOST_REMEMBERED = 5_000; // in a generation; there are two
const SHORTEST_GENERATION = 1_000; // ms; a rate of thousands a second must not make a map for each request

export class Hosts {
  readonly #settings: LimitSettings;
  readonly #active = new Map<string, Host>(); // none is idle, but one that was just obtained
  // Two generations: the younger becomes the older, which is forgotten. Nothing is ever looked through.
  #younger = new Map<string, Rest>();
  #older = new Map<string, Rest>();
  #since = -Infinity; // when the younger began

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** The host, for a request that begins to wait or starts now. */
  obtain(name: string): Host {
    let host = this.#active.get(name);
    if (host === undefined) {
      host = new Host(name, this.#settings, this.#rested(name));
      this.#active.set(name, host);
    }
    return host;
  }

  /** Drops the host if it has no requests any more. */
  left(host: Host): void {
    if (!host.idle) return;
    this.#active.delete(host.name);
    const { pace, adaptive } = host;
    const found = adaptive !== undefined && adaptive.limit !== this.#settings.adaptive?.start;
    if (pace !== undefined || found) this.#younger.set(host.name, { next: pace?.next, limit: adaptive?.limit });
  }

  values(): Iterable<Host> {
    return this.#active.values();
  }

  #rested(name: string): Rest | undefined {
    const { adaptive, hostInterval } = this.#settings;
    if (adaptive === undefined && hostInterval === 0) return undefined;
    const generation = Math.max(hostInterval, SHORTEST_GENERATION);
    const age = getRunningLoop().time() - this.#since;
    const crowded = this.#younger.size >= MOST_REMEMBERED;
    if (age >= (adaptive === undefined || crowded ? generation : Math.max(generation, MEMORY))) this.#age();
    const rest = this.#younger.get(name) ?? this.#older.get(name);
    this.#younger.delete(name);
    this.#older.delete(name);
    return rest;
  }

  #age(): void {
    this.#since = getRunningLoop().time();
    this.#older = this.#younger;
    this.#younger = new Map();
  }
}
