/**
 * Runs a program in virtual time, as its loop did: iterations in asyncio's order, one step at a time, permits and items
 * first come, first served. Unchanged, it ends when the recording did.
 */
import { Agenda, NEXT, STEP, WAKE, CANCEL } from "./agenda.ts";
import { type Changes, type Hook, Hooks } from "./changes.ts";
import { Ends } from "./ends.ts";
import { Parts } from "./parts.ts";
import {
  ACQUIRE,
  AWAIT,
  CANCELLATION,
  END,
  FOREVER,
  GET,
  INTERRUPT,
  JOIN,
  POOL,
  type Program,
  PUT,
  QUIET,
  RELEASE,
  RUN,
  SIGNAL,
  SLEEP,
  SPAWN,
  UNTIL,
  YIELD,
} from "./program.ts";
import { Shelves } from "./shelves.ts";
import { BLOCKED, IDLE, OVER, Strands } from "./strands.ts";

/** What came of a replay. Times are ticks. */
export interface Outcome {
  /** When the last task ended. */
  readonly end: number;
  /** When each task ended, by its number; NaN for one that did not. */
  readonly ends: Float64Array;
  /** When each operation began, where that was asked for. */
  readonly times: Float64Array | undefined;
  /** How many waits had to be broken off, because what ends them in the recording never came. */
  readonly forced: number;
}

const MOST_FORCED = 200;
const GIVEN = -1; // of a signal

/** Replays the program with the changes. `times`: also tells when each operation began. */
export function simulate(program: Program, changes: Changes = {}, times = false): Outcome {
  return new Simulation(program, changes, times).run();
}

class Simulation {
  readonly #program: Program;
  readonly #changes: Changes;
  readonly #hooks: Hooks;
  readonly #strands: Strands;
  readonly #agenda: Agenda;
  readonly #ends: Ends;
  readonly #parts: Parts;
  readonly #shelves: Shelves;
  readonly #signals: Int32Array; // 0: not given; GIVEN; otherwise 1 + the strand that waits for it
  readonly #endTimes: Float64Array;
  readonly #times: Float64Array | undefined;
  #last: number; // when something last ran
  #alive = 0;
  #quiet = -1; // how long to wait once no task is left; -1: nobody does
  #forced = 0;

  constructor(program: Program, changes: Changes, times: boolean) {
    this.#program = program;
    this.#changes = changes;
    this.#hooks = new Hooks(program.operations.count, changes);
    this.#strands = new Strands(program.tasks);
    this.#strands.at.set(program.first);
    this.#agenda = new Agenda(this.#strands, program.operations, program.begin);
    this.#ends = new Ends(this.#agenda, program, changes.more, (task) => this.#start(task, false));
    this.#parts = new Parts(this.#agenda);
    this.#shelves = new Shelves(program.stores, changes.more, this.#strands);
    this.#signals = new Int32Array(program.signals + 1 + this.#hooks.signals);
    this.#endTimes = new Float64Array(program.tasks + 1).fill(Number.NaN);
    this.#times = times ? new Float64Array(program.operations.count).fill(Number.NaN) : undefined;
    this.#last = program.begin;
    for (const task of changes.without ?? []) this.#strands.state[task] = OVER;
  }

  run(): Outcome {
    const agenda = this.#agenda;
    if (this.#program.first[0] !== 0) agenda.wake(0);
    do {
      for (;;) {
        agenda.takeDue();
        let left = agenda.ready.size;
        if (left === 0) {
          const { earliest } = agenda.alarms;
          if (earliest === Infinity) break;
          agenda.now = Math.max(agenda.now, earliest);
          continue;
        }
        while (left-- > 0) this.#callNext();
      }
    } while (this.#force());
    return { end: this.#last, ends: this.#endTimes, times: this.#times, forced: this.#forced };
  }

  #callNext(): void {
    const { ready } = this.#agenda;
    const kind = ready.shift();
    const { value } = ready;
    if (kind === STEP) this.#step(value);
    else if (kind === WAKE) ready.push(STEP, value);
    else if (kind === NEXT) this.#ends.startLate(value);
    else this.#interrupt(value);
  }

  #step(strand: number): void {
    const { state, epoch } = this.#strands;
    if (state[strand] === OVER) return;
    state[strand] = BLOCKED;
    epoch[strand] = (epoch[strand] as number) + 1;
    while (this.#perform(strand));
    if (this.#agenda.now > this.#last) this.#last = this.#agenda.now;
  }

  /** One operation of the strand. False when it has to wait, or is over. */
  #perform(strand: number): boolean {
    const strands = this.#strands;
    const operation = strands.at[strand] as number;
    if (operation === strands.stop[strand]) return this.#over(strand);
    strands.current[strand] = operation;
    const flags = this.#hooks.flags[operation] as number;
    if (flags !== 0) {
      const answer = this.#heed(strand, operation, flags);
      if (answer !== undefined) return answer;
    }
    const agenda = this.#agenda;
    if (this.#times) this.#times[operation] = agenda.now;
    const { kind, arg, ticks } = this.#program.operations;
    const took = ticks[operation] as number;
    switch (kind[operation]) {
      case RUN:
        agenda.now += took;
        return agenda.goOn(strand, operation);
      case SLEEP:
        agenda.goOn(strand, operation);
        return agenda.sleep(strand, took * (this.#changes.factor?.get(arg[operation] as number) ?? 1));
      case YIELD:
        agenda.goOn(strand, operation);
        agenda.wake(strand);
        return false;
      case UNTIL:
        agenda.goOn(strand, operation);
        return agenda.sleep(strand, Math.max(0, took - agenda.now));
      case QUIET:
        agenda.goOn(strand, operation);
        if (this.#alive === 0) return agenda.sleep(strand, took);
        this.#quiet = took;
        return false;
      case END:
        return this.#over(strand);
      default:
        return this.#affect(strand, operation, kind[operation] as number) && agenda.goOn(strand, operation);
    }
  }

  /** An operation that concerns others. False when the strand has to wait in it. */
  #affect(strand: number, operation: number, kind: number): boolean {
    const { arg, ticks } = this.#program.operations;
    const subject = arg[operation] as number;
    switch (kind) {
      case SPAWN:
        this.#start(subject, ticks[operation] === 1);
        return true;
      case ACQUIRE:
        return this.#shelves.acquire(subject, strand);
      case RELEASE:
        this.#handOver(this.#shelves.release(subject));
        return true;
      case PUT:
        return this.#shelves.put(subject, strand) && this.#tell(this.#shelves.getter(subject));
      case GET:
        return this.#shelves.get(subject, strand) && this.#tell(this.#shelves.putter(subject));
      case AWAIT:
        return this.#await(strand, subject);
      case SIGNAL:
        this.#signal(subject);
        return true;
      case JOIN:
        return this.#ends.join(strand, subject, ticks[operation] as number);
      case POOL:
        this.#ends.openPool(subject);
        return true;
      case INTERRUPT:
        this.#interrupt(subject);
        return true;
      case CANCELLATION:
        return this.#strands.interrupted[this.#parts.taskOf(strand)] === 1;
      default:
        return false; // FOREVER, or what is outside of tasks has come to its end
    }
  }

  #start(task: number, eager: boolean): void {
    if (this.#strands.state[task] !== IDLE) return;
    this.#alive++;
    if (eager) this.#step(task);
    else this.#agenda.wake(task);
  }

  /** The waiter that was given the permit goes on behind its wait. */
  #handOver(waiter: number): void {
    if (waiter < 0) return;
    this.#agenda.goOn(waiter, this.#strands.at[waiter] as number);
    this.#agenda.wake(waiter);
  }

  /** The waiter looks again. */
  #tell(waiter: number): true {
    if (waiter >= 0) this.#agenda.wake(waiter);
    return true;
  }

  #await(strand: number, signal: number): boolean {
    if (this.#signals[signal] === GIVEN) return true;
    this.#signals[signal] = strand + 1;
    return false;
  }

  #signal(signal: number): void {
    const waiter = (this.#signals[signal] as number) - 1;
    this.#signals[signal] = GIVEN;
    if (waiter >= 0 && this.#strands.state[waiter] === BLOCKED) this.#agenda.wake(waiter);
  }

  /** The strand has come to its end. */
  #over(strand: number): false {
    const strands = this.#strands;
    strands.state[strand] = OVER;
    const group = strands.group[strand] as number;
    if (group >= 0) this.#parts.ended(group);
    else if (strand <= this.#program.tasks) this.#taskEnded(strand);
    return false;
  }

  #taskEnded(task: number): void {
    this.#endTimes[task] = this.#agenda.now;
    this.#alive--;
    this.#ends.tell(task);
    for (const other of this.#program.cancelsAtEnd.get(task) ?? []) this.#agenda.ready.push(CANCEL, other);
    if (this.#alive > 0 || this.#quiet < 0) return;
    this.#agenda.sleep(0, this.#quiet);
    this.#quiet = -1;
  }

  /** The task is cancelled: it goes on where it did when that happened to it. */
  #interrupt(task: number): void {
    const strands = this.#strands;
    const handler = this.#program.cancelled[task] as number;
    const state = strands.state[task] as number;
    if (handler === 0 || state === OVER || strands.interrupted[task] === 1) return;
    strands.interrupted[task] = 1;
    if (state === IDLE || (strands.at[task] as number) >= handler) return;
    const waiting = this.#program.operations.kind[strands.current[task] as number];
    // What it waits for ends first: tasks, or the parts it was split into.
    if (state === BLOCKED && (waiting === JOIN || this.#parts.split.has(task))) return;
    this.#agenda.goTo(task, handler);
    if (state === BLOCKED) this.#agenda.wake(task);
  }

  /** Does what is done instead of the operation. Undefined when it is to be performed after all. */
  #heed(strand: number, operation: number, flags: number): boolean | undefined {
    const strands = this.#strands;
    if (flags & 1) {
      const heeded = strands.heeded[strand] as number;
      const hook = this.#hooks.at.get(operation)?.[heeded];
      if (hook !== undefined) {
        strands.heeded[strand] = heeded + 1;
        return this.#follow(strand, hook);
      }
    }
    if ((flags & 2) === 0) return undefined;
    if (this.#times) this.#times[operation] = this.#agenda.now;
    this.#agenda.goOn(strand, operation);
    return this.#agenda.sleep(strand, this.#program.operations.ticks[operation] as number);
  }

  #follow(strand: number, hook: Hook): boolean {
    if (hook.kind === "together") return this.#parts.begin(strand, hook.change);
    const signal = this.#program.signals + 1 + hook.signal;
    if (hook.kind === "notified") {
      this.#agenda.goTo(strand, hook.change.end);
      return this.#await(strand, signal);
    }
    this.#signal(signal);
    return true;
  }

  /** Nothing moves any more: lets the task go on that did so first in the recording. False when all that is left waits for ever. */
  #force(): boolean {
    const { state, current, at, count } = this.#strands;
    let first = -1;
    for (let strand = 1; strand < count; strand++) {
      const operation = current[strand] as number;
      const waits = state[strand] === BLOCKED && this.#program.operations.kind[operation] !== FOREVER;
      if (!waits || this.#parts.split.has(strand)) continue;
      if (first < 0 || operation < (current[first] as number)) first = strand;
    }
    if (first < 0 || this.#forced >= MOST_FORCED) return false;
    this.#forced++;
    const operation = current[first] as number;
    if (at[first] === operation) this.#agenda.goOn(first, operation);
    this.#agenda.wake(first);
    return true;
  }
}
