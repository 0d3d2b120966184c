/**
 * Connections that calls take and give back. Who waits stands in one line, first come, first served. A connection is
 * opened when somebody waits and there is room, closed when nobody used it for a while, and never given on when it was dropped.
 */
import {
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  type EventLoop,
  gather,
  getRunningLoop,
  type Handle,
  InvalidStateError,
  type Task,
  TimeoutError,
} from "brigade";
import { acquired } from "./acquired.ts";
import { Slot, type Taker } from "./slot.ts";

export { Slot, type Taker } from "./slot.ts";

export interface PoolOptions<C> {
  /** What the connections lead to, for messages: "PostgreSQL at 127.0.0.1:5432". */
  readonly label: string;
  readonly max: number;
  /** How many takers that share may use one connection at once. 1 unless given. */
  readonly depth?: number;
  /** Milliseconds. */
  readonly idleTimeout: number;
  /** Milliseconds. */
  readonly acquireTimeout: number;
  /** Makes a connection; what it throws goes to the first who waits. Cancelled when the pool is closed meanwhile. */
  open(): Awaitable<C>;
  /** Says goodbye to a connection that nobody uses. Ends within a bound of its own. */
  close(connection: C): Awaitable<void>;
  /** Whether a connection that nobody uses can still be given to somebody. */
  alive(connection: C): boolean;
  /** Hands over what to call when the connection is lost. Without it, that shows when somebody is to get it. */
  lost?(connection: C, lose: () => void): void;
  /**
   * Ends what runs on a connection, and the connection, as its pool is closed by an error or a cancellation. The pool waits for that where it
   * is given something to wait for, and for the users to give the connection back where it is not.
   */
  interrupt(connection: C): Awaitable<void> | void;
  /** Ends a connection at once. Unless given, `interrupt` does that. */
  destroy?(connection: C): void;
}

type State = "open" | "draining" | "closed";

export class Pool<C> {
  readonly #options: PoolOptions<C>;
  readonly #depth: number;
  readonly #loop: EventLoop = getRunningLoop();
  readonly #slots = new Set<Slot<C>>();
  readonly #idle: Slot<C>[] = []; // open, without users; the last one was used last
  readonly #line = new Map<Taker<C>, number>(); // until when each waits, in the order they came
  readonly #first = new Set<Taker<C>>(); // those who had a connection already, and need another
  readonly #opening = new Set<Task<void>>();
  readonly #closing = new Set<Task<void>>();
  #users = 0; // of all connections, those that were dropped included
  #state: State = "open";
  #lineTimer: Handle | undefined;
  #idleTimer: Handle | undefined;
  #settled: (() => void) | undefined; // whoever closes the pool waits for its users

  constructor(options: PoolOptions<C>) {
    this.#options = options;
    this.#depth = options.depth ?? 1;
  }

  /** How many connections there are, those that are being opened, or closed, included. */
  get size(): number {
    return this.#slots.size + this.#opening.size + this.#closing.size;
  }

  get waiting(): number {
    return this.#line.size + this.#first.size;
  }

  /** `again`: it had a connection already, which was lost to it through no fault of its own. */
  take(taker: Taker<C>, again = false): void {
    if (this.#state !== "open" && !(again && this.#state === "draining")) return taker.refused(this.#closedError());
    if (again) this.#first.add(taker);
    else if (this.waiting === 0) {
      const slot = this.#slotFor(taker);
      if (slot) return this.#grant(taker, slot);
      this.#wait(taker);
    } else this.#wait(taker);
    this.#serve();
  }

  #wait(taker: Taker<C>): void {
    const { acquireTimeout } = this.#options;
    this.#line.set(taker, this.#loop.time() + acquireTimeout);
    if (acquireTimeout !== Infinity) this.#lineTimer ??= this.#loop.callLater(acquireTimeout, () => this.#expire());
  }

  /** It wants no connection any more. False when it was answered already. */
  withdraw(taker: Taker<C>): boolean {
    if (!this.#line.delete(taker) && !this.#first.delete(taker)) return false;
    this.#serve(); // it may have stood in the way of those who can share
    return true;
  }

  /**
   * Waits for a connection of its own. Cancellation leaves the line, and gives back what came at the same moment. Throws
   * what opening one threw, and `TimeoutError`.
   */
  acquire(): Coroutine<Slot<C>> {
    return acquired(this);
  }

  /** One more user, of its own accord: nobody else gets the connection until all have given it back. */
  hold(slot: Slot<C>): void {
    this.#users++;
    slot.users++;
    slot.taken = true;
  }

  /** One user less. */
  giveBack(slot: Slot<C>): void {
    this.#users--;
    slot.users--;
    if (slot.users === 0) {
      slot.taken = false;
      if (slot.state === "open") this.#rest(slot);
    }
    this.#serve();
  }

  #rest(slot: Slot<C>): void {
    const { idleTimeout } = this.#options;
    slot.idleSince = this.#loop.time();
    this.#idle.push(slot);
    if (idleTimeout !== Infinity) this.#idleTimer ??= this.#loop.callLater(idleTimeout, () => this.#reap());
  }

  /** The connection is of no more use to anybody: it is lost, or in a state nobody knows. Its users still give it back. */
  drop(slot: Slot<C>): void {
    if (slot.state === "dropped") return;
    slot.state = "dropped";
    this.#slots.delete(slot);
    const place = this.#idle.indexOf(slot);
    if (place !== -1) this.#idle.splice(place, 1);
    this.#serve();
  }

  #grant(taker: Taker<C>, slot: Slot<C>): void {
    this.#users++;
    slot.users++;
    slot.taken = taker.alone;
    taker.granted(slot);
  }

  #serve(): void {
    for (let taker = this.#next(); taker; taker = this.#next()) {
      const slot = this.#slotFor(taker);
      if (slot === undefined) break;
      if (!this.#first.delete(taker)) this.#line.delete(taker);
      this.#grant(taker, slot);
    }
    this.#grow();
    if (this.#state === "draining") this.#settle();
  }

  #next(): Taker<C> | undefined {
    for (const taker of this.#first) return taker;
    for (const taker of this.#line.keys()) return taker;
    return undefined;
  }

  #slotFor(taker: Taker<C>): Slot<C> | undefined {
    for (let slot = this.#idle.pop(); slot; slot = this.#idle.pop()) {
      if (this.#options.alive(slot.connection)) return slot;
      this.#slots.delete(slot);
      slot.state = "dropped";
    }
    return taker.alone || this.#depth === 1 || this.size < this.#options.max ? undefined : this.#leastUsed();
  }

  #leastUsed(): Slot<C> | undefined {
    let best: Slot<C> | undefined;
    let users = this.#depth;
    for (const slot of this.#slots) {
      if (slot.taken || slot.users >= users || slot.users === 0) continue;
      best = slot;
      users = slot.users;
    }
    return best;
  }

  /** Opens as many as there are who wait, and as there is room for. */
  #grow(): void {
    while (this.#opening.size < this.waiting && this.size < this.#options.max) {
      const task = this.#loop.createTask(this.#open(), { name: `connect to ${this.#options.label}` });
      this.#opening.add(task);
      task.addDoneCallback(() => {
        this.#opening.delete(task);
        this.#serve();
      });
    }
  }

  readonly #open: () => Coroutine<void> = coroutine(function* (this: Pool<C>): CoroutineBody<void> {
    let slot: Slot<C>;
    try {
      slot = new Slot(yield* this.#options.open());
    } catch (error) {
      this.#refuseFirst(error);
      return;
    }
    this.#slots.add(slot);
    this.#options.lost?.(slot.connection, () => this.drop(slot));
    this.#rest(slot);
  }).bind(this);

  #refuseFirst(error: unknown): void {
    const taker = this.#next();
    if (taker === undefined) return;
    if (!this.#first.delete(taker)) this.#line.delete(taker);
    taker.refused(error);
  }

  #expire(): void {
    this.#lineTimer = undefined;
    const now = this.#loop.time();
    for (const [taker, until] of this.#line) {
      if (until > now) {
        this.#lineTimer = this.#loop.callAt(until, () => this.#expire());
        break;
      }
      this.#line.delete(taker);
      taker.refused(new TimeoutError(this.#timeoutMessage()));
    }
    this.#serve();
  }

  #timeoutMessage(): string {
    const { label, max, acquireTimeout } = this.#options;
    const used = this.#slots.size - this.#idle.length;
    const opening = this.#opening.size > 0 ? `, ${this.#opening.size} being opened` : "";
    return (
      `no connection to ${label} came free within ${acquireTimeout} ms: ${used} of at most ${max} are in use${opening}, ` +
      `and ${this.waiting} more wait. Hold connections for a shorter time (transactions, streams), or raise max`
    );
  }

  /** Closes what nobody used for idleTimeout. */
  #reap(): void {
    this.#idleTimer = undefined;
    const now = this.#loop.time();
    const { idleTimeout } = this.#options;
    while (this.#idle[0] && this.#idle[0].idleSince + idleTimeout <= now) this.#retire(this.#idle.shift() as Slot<C>);
    const [oldest] = this.#idle;
    if (oldest) this.#idleTimer = this.#loop.callAt(oldest.idleSince + idleTimeout, () => this.#reap());
  }

  #retire(slot: Slot<C>): void {
    this.#slots.delete(slot);
    slot.state = "dropped";
    const task = this.#loop.createTask(this.#options.close(slot.connection));
    this.#closing.add(task);
    task.addDoneCallback(() => {
      this.#closing.delete(task);
      if (task.cancelled) this.#destroy(slot.connection); // by the end of the run, perhaps before it had begun
      this.#serve();
    });
  }

  #destroy(connection: C): void {
    if (this.#options.destroy) this.#options.destroy(connection);
    else void this.#options.interrupt(connection);
  }

  /**
   * Waits until nobody uses a connection and nobody waits for one, and closes them all. `interrupt`: those who wait are
   * refused, and what runs is ended. To be called shielded, once.
   */
  close(interrupt: boolean): Coroutine<void> {
    return this.#close(interrupt);
  }

  readonly #close: (interrupt: boolean) => Coroutine<void> = coroutine(function* close(
    this: Pool<C>,
    interrupt: boolean,
  ): CoroutineBody<void> {
    this.#state = "draining";
    if (interrupt) yield* this.#interrupted();
    else yield* this.#unused();
    this.#state = "closed";
    this.#lineTimer?.cancel();
    this.#idleTimer?.cancel();
    for (const task of this.#opening) task.cancel();
    for (const slot of this.#idle.splice(0)) this.#retire(slot);
    yield* gather([...this.#opening, ...this.#closing], { returnExceptions: true });
    this.#opening.clear();
    this.#closing.clear();
  }).bind(this);

  #unused(): Awaitable<void> {
    const unused = this.#loop.createFuture<void>();
    this.#settled = () => {
      this.#settled = undefined;
      unused.setResult();
    };
    this.#settle();
    return unused;
  }

  readonly #interrupted: () => Coroutine<void> = coroutine(function* interrupted(this: Pool<C>): CoroutineBody<void> {
    for (const taker of [...this.#first, ...this.#line.keys()]) {
      if (this.#first.delete(taker) || this.#line.delete(taker)) taker.refused(this.#closedError());
    }
    const endings: Awaitable<void>[] = [];
    for (const slot of [...this.#slots]) {
      if (slot.users === 0) continue;
      const ending = this.#options.interrupt(slot.connection);
      if (ending) endings.push(ending);
    }
    if (endings.length > 0) yield* gather(endings, { returnExceptions: true });
    else yield* this.#unused();
  }).bind(this);

  #settle(): void {
    if (this.waiting === 0 && this.#users === 0) this.#settled?.();
  }

  #closedError(): InvalidStateError {
    return new InvalidStateError(
      `the connections to ${this.#options.label} are closed: the body of its use() has ended`,
    );
  }
}
