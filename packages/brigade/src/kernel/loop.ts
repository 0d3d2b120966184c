/**
 * The event loop: iterations in asyncio's order, and the host's turn between them.
 * One iteration: due timers join the ready queue; then exactly what stood in it runs, in order.
 */
import { type Duration, milliseconds } from "../duration.ts";
import { InvalidStateError } from "../errors.ts";
import type { Clock, Handle, LoopObserver, Report } from "../types.ts";
import { CallbackHandle, text, TimerHandle } from "./callback.ts";
import { Fifo } from "./fifo.ts";
import { host } from "./host.ts";
import { type Observer, withObserver, withoutObserver } from "./observer.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Runnable, type TimerEntry, Timers } from "./timers.ts";

/** What a loop is made with. */
export interface LoopOptions {
  readonly clock?: Clock;
  readonly debug?: boolean;
  readonly slowStep?: Duration;
  readonly slowCleanup?: Duration;
  readonly observer?: LoopObserver;
  readonly onReport?: (report: Report) => void;
  readonly asyncLocalStorage?: "run" | "task";
  readonly scheduler?: Scheduler;
}

/** Who is told which task's step runs: the watchdog does, on hosts that can't show it the stack. */
export interface StepWatch {
  began(task: unknown): void;
  ended(): void;
}

type Phase =
  | "paused" // between the runs of a Runner: nothing happens
  | "waiting" // nothing is ready; the host's timer, or nobody, will ask for a turn
  | "requested" // the host will give a turn
  | "turning" // iterations run
  | "closed";

const SLICE = 2; // ms of iterations back to back before the host has its turn
const PROBATION = 0.25; // ms between two looks at the time; after more than that, the next look comes sooner
// What callbacks will take nobody knows: as many that take 1 ms after a time of quick ones must not make the host wait 10 ms.
const LONGEST_BURST = 8;

/** The loop whose turn it is. */
export let runningLoop: Loop | undefined;

export class Loop {
  readonly debug: boolean;
  /** Whether tasks see the AsyncLocalStorage stores of their creators, rather than those of `run`'s caller. */
  readonly storesPerTask: boolean;
  /** Whether a step is more than driving frames: somebody looks, or it has stores of its own. */
  watched: boolean;
  /** Whether that is more than an observer who is told of it. */
  watchedClosely: boolean;
  stepWatch: StepWatch | undefined;
  /** Who is told what happens; set ⇒ `watched`. */
  observer: Observer | undefined;
  /** Whose the notes are that tasks keep: the first observer that wanted to keep some. */
  noteKeeper: object | undefined;
  readonly slowStep: number;
  readonly slowCleanup: number;
  readonly virtual: boolean;
  /** Whether its clock is the host's own. */
  readonly hostTimed: boolean;
  /** When the host's clock was last looked at; in a turn, not long ago. */
  looked = 0;
  /** The last time it was looked at in the turn before. */
  lookedBefore = 0;
  /** How many turns there were. */
  turns = 0;
  /** Promises of the host that tasks wait for. */
  foreign = 0;
  /** Called when nothing is ready, no timer is set and nothing foreign is in flight. */
  onStuck: (() => void) | undefined;

  // V8 knows the class of what was only ever set here: nothing else is set unless there is a scheduler.
  #ready: Pick<Scheduler, "size" | "push" | "shift"> = new Fifo<Runnable>();
  readonly #defer: (callback: () => void) => void; // for a turn that waits for nothing of the host's
  readonly #timers = new Timers();
  readonly #clock: Clock;
  readonly #alwaysWatchedClosely: boolean;
  readonly #slice: number; // ms
  readonly #onReport: ((report: Report) => void) | undefined;
  #handler: ((report: Report) => void) | undefined;
  #phase: Phase = "paused";
  #borderWaits = 0; // tasks and futures that promise code waits for: such code is not foreign work
  #boundTurn: () => void = () => this.#turn(); // sees the AsyncLocalStorage stores of whoever called start
  #remaining = 0; // callbacks of the iteration in progress that have not run
  #ran = 0; // callbacks that have run since
  #burst = 1; // callbacks that run between two looks at the time
  #cancelAlarm: (() => void) | undefined; // set only while waiting
  #alarmAt = Infinity;
  #cancelIdle: (() => void) | undefined; // set from start to pause
  #patienceOver = false; // foreign work has had its patience since the last callback ran

  constructor(options: LoopOptions = {}) {
    this.#clock = options.clock ?? host;
    this.virtual = typeof options.clock?.advanceTo === "function";
    this.hostTimed = this.#clock === host;
    this.debug = options.debug ?? false;
    this.slowStep = milliseconds(options.slowStep ?? 100);
    this.slowCleanup = milliseconds(options.slowCleanup ?? 5_000);
    const { asyncLocalStorage = "run" } = options;
    if (asyncLocalStorage !== "run" && asyncLocalStorage !== "task") {
      throw new RangeError(`asyncLocalStorage is "${String(asyncLocalStorage)}"; use "run" or "task"`);
    }
    this.storesPerTask = asyncLocalStorage === "task";
    if (options.scheduler !== undefined) this.#ready = options.scheduler;
    this.#defer = options.scheduler?.defer ?? host.defer;
    // What promises do between two steps must not depend on how long the steps took: a schedule has to be the same each time.
    this.#slice = options.scheduler === undefined ? SLICE : Infinity;
    this.#alwaysWatchedClosely = this.debug || this.storesPerTask || options.scheduler !== undefined;
    this.watched = this.watchedClosely = this.#alwaysWatchedClosely;
    if (options.observer !== undefined) this.observe(options.observer);
    this.#onReport = options.onReport;
  }

  get running(): boolean {
    return this.#phase !== "paused" && this.#phase !== "closed";
  }

  get closed(): boolean {
    return this.#phase === "closed";
  }

  time(): number {
    return this.#clock.now();
  }

  /** Whether nothing is ready, and no timer is set. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#timers.size === 0;
  }

  /** Tells this one of every step from now on; without one, nobody. */
  watchSteps(watch: StepWatch | undefined): void {
    this.stepWatch = watch;
    this.#noteWatched();
  }

  /** Tells this one too of what happens from now on. Gives what ends that. */
  observe(observer: LoopObserver): () => void {
    this.observer = withObserver(this.observer, observer);
    this.#noteWatched();
    return () => {
      this.observer = withoutObserver(this.observer, observer);
      this.#noteWatched();
    };
  }

  #noteWatched(): void {
    this.watchedClosely = this.#alwaysWatchedClosely || this.stepWatch !== undefined;
    this.watched = this.watchedClosely || this.observer !== undefined;
  }

  /** How many timers are set. */
  get timersSet(): number {
    return this.#timers.size;
  }

  /** Puts the item at the end of the ready queue. */
  schedule(item: Runnable): void {
    this.#ready.push(item);
    if (this.#phase === "waiting") this.#requestTurn();
  }

  /** Runs the entry in the first iteration that begins at `when` or later. */
  setTimer(entry: TimerEntry, when: number): void {
    if (when === Infinity) return;
    this.#timers.set(entry, when);
    if (this.#phase !== "waiting") return;
    if (this.virtual) this.#requestTurn();
    else if (when < this.#alarmAt) this.#setAlarm(when);
  }

  /** Promise code has begun, or ceased, to wait for a task or future of this loop. */
  addBorderWait(change: 1 | -1): void {
    this.#borderWaits += change;
    if (this.virtual && this.#phase === "waiting") this.#requestTurn();
  }

  clearTimer(entry: TimerEntry): void {
    this.#timers.clear(entry);
  }

  callSoon(callback: () => void): Handle {
    this.#checkOpen("callSoon");
    const handle = new CallbackHandle(this, callback);
    this.schedule(handle);
    return handle;
  }

  callLater(delay: Duration, callback: () => void): Handle {
    return this.callAt(this.time() + milliseconds(delay), callback);
  }

  callAt(when: number, callback: () => void): Handle {
    if (typeof when !== "number" || Number.isNaN(when)) throw new RangeError(`callAt: ${when} is not a time`);
    this.#checkOpen("callAt");
    const handle = new TimerHandle(this, callback);
    this.setTimer(handle, when);
    return handle;
  }

  setExceptionHandler(handler: ((report: Report) => void) | undefined): void {
    this.#handler = handler;
  }

  /** Whether reports go to somebody other than the console. */
  get listened(): boolean {
    return (this.#handler ?? this.#onReport) !== undefined;
  }

  /** Hands the report to the first there is of the exception handler, `onReport` and the console. */
  report(report: Report): void {
    this.observer?.reported(this, report);
    try {
      const take = this.#handler ?? this.#onReport;
      if (take) take(report);
      else warn(report);
    } catch (error) {
      warn(report);
      host.warn(`brigade: the report handler itself failed: ${text(error)}`);
    }
  }

  /** Lets iterations run, as the host has time for them. */
  start(): void {
    this.#checkOpen("start");
    this.#boundTurn = host.bind(this.#turn);
    this.#cancelIdle = host.onIdle(() => {
      if (this.#phase === "waiting" && this.#timers.size === 0) this.onStuck?.();
    });
    this.#requestTurn();
  }

  /** Lets nothing run until `start`. */
  pause(): void {
    this.#phase = "paused";
    this.#cancelIdle?.();
    this.#clearAlarm();
  }

  #checkOpen(call: string): void {
    if (this.#phase === "closed") throw new InvalidStateError(`${call}: this event loop is closed; its run has ended`);
  }

  close(): void {
    this.pause();
    this.#phase = "closed";
    this.observer?.closed(this);
    this.#timers.clearAll();
    if (!(this.#ready instanceof Fifo)) this.#ready = new Fifo<Runnable>(); // nobody is asked what to drop first
    while (this.#ready.size > 0) this.#ready.shift();
  }

  /** A turn of the host: iterations, until nothing is ready or the slice is over. */
  readonly #turn = (): void => {
    if (this.#phase !== "requested") return;
    this.#clearAlarm();
    this.#phase = "turning";
    const outer = runningLoop;
    runningLoop = this;
    try {
      this.#iterate();
    } finally {
      runningLoop = outer;
      // Set to "requested" by #iterate only when there is more to do; still "turning" when something threw.
      if (this.#phase === "turning") this.#requestTurn();
    }
  };

  #iterate(): void {
    this.turns++;
    this.lookedBefore = this.looked;
    this.looked = host.now();
    const end = this.looked + this.#slice;
    // An iteration that has begun is ended even when one of its callbacks pauses the loop: what runs before the end of a run
    // must not depend on how fast the machine is.
    while (this.#remaining > 0 || (this.#phase === "turning" && this.#next())) {
      if (this.#runBurst() >= end && this.#phase === "turning") return;
    }
  }

  /** Begins an iteration if the last one is over. False when there is nothing to run. */
  #next(): boolean {
    if (this.#remaining > 0) return true;
    this.#takeDueTimers();
    this.#remaining = this.#ready.size;
    return this.#remaining > 0 || this.#idle();
  }

  /** Runs some callbacks of the iteration, as many as may run between two looks at the time. Gives the time, or 0 if it did not look. */
  #runBurst(): number {
    // Functions of their own, so that V8 optimises them as such: a loop that never ends long enough is left half way.
    const count = Math.min(this.#remaining, this.#burst - this.#ran);
    this.#remaining -= count;
    this.#ran += count;
    for (let i = 0; i < count; i++) this.#ready.shift().run();
    if (this.#ran < this.#burst) return 0;
    const now = host.now();
    if (now - this.looked > PROBATION) {
      if (this.observer !== undefined) this.observer.slow(this, this.looked, now);
      this.#burst = 1 + (this.#burst >> 2);
    } else if (this.#burst < LONGEST_BURST) this.#burst++;
    this.looked = now;
    this.#ran = 0;
    return now;
  }

  #takeDueTimers(): void {
    if (this.#timers.size === 0) return;
    const now = this.#clock.now();
    for (let entry = this.#timers.takeDue(now); entry; entry = this.#timers.takeDue(now)) this.#ready.push(entry);
  }

  /** Nothing is ready. True when there is something to run now after all. */
  #idle(): boolean {
    if (this.observer !== undefined) this.#tellIdle(this.observer);
    const next = this.#timers.earliest;
    if (this.virtual && next < Infinity && (this.foreign <= this.#borderWaits || this.#patienceOver)) {
      (this.#clock.advanceTo as (when: number) => void).call(this.#clock, next);
      this.#patienceOver = false;
      return true;
    }
    const borders = this.foreign > 0 && this.foreign <= this.#borderWaits; // promise code that waits for this loop
    if (next === Infinity && this.virtual && (this.foreign === 0 || (borders && this.#patienceOver))) {
      this.#patienceOver = false;
      this.onStuck?.();
      if (this.#ready.size > 0 || this.#phase !== "turning") return true;
    }
    this.#phase = "waiting";
    if (!this.virtual) this.#setAlarm(next);
    else if (next < Infinity || borders) this.#awaitForeignWork();
    return false;
  }

  #tellIdle(observer: Observer): void {
    const now = host.now();
    if (now - this.looked > PROBATION) observer.slow(this, this.looked, now);
    this.looked = now;
    this.#ran = 0;
    observer.idle(this);
  }

  #awaitForeignWork(): void {
    const patience = (this.#clock as Clock & { readonly patience?: number }).patience ?? 100;
    this.#cancelAlarm = host.timer(() => {
      this.#patienceOver = true;
      this.#requestTurn();
    }, patience);
  }

  #setAlarm(when: number): void {
    this.#clearAlarm();
    if (when === Infinity) return;
    this.#alarmAt = when;
    this.#cancelAlarm = host.timer(() => this.#alarm(), Math.max(0, when - this.time()));
  }

  /** The host's timer is the host's turn: iterations run at once. */
  #alarm(): void {
    if (this.#phase !== "waiting") return;
    this.#phase = "requested";
    this.#boundTurn();
  }

  #clearAlarm(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    this.#alarmAt = Infinity;
  }

  #requestTurn(): void {
    const prompt = this.#phase !== "waiting" && this.foreign === 0;
    this.#phase = "requested";
    if (prompt) this.#defer(this.#boundTurn);
    else host.defer(this.#boundTurn);
  }
}

function warn(report: Report): void {
  const stack = report.error instanceof Error ? `\n${report.error.stack ?? text(report.error)}` : "";
  host.warn(`brigade: ${report.message}${stack}`);
}
