/** What tasks did to each other, as a trace tells it event by event; in operations of those who did it. */
import type { Trace } from "../format/reader.ts";
import { ACQUIRED, CANCEL, CREATED, DONE, GOT, PUT, RELEASED, TICKS, WOKEN } from "../format/schema.ts";
import {
  ACQUIRE,
  AWAIT,
  END,
  GET,
  INTERRUPT,
  Operations,
  type Pool,
  QUIET,
  PUT as PUT_ITEM,
  RELEASE,
  SIGNAL,
  SPAWN,
  UNTIL,
} from "./program.ts";
import { ASKED, BROKEN, Children, Numbers, TaskStates } from "./tasks.ts";
import { isJoin, type Waits } from "./waits.ts";

const AT_ONCE = 5_000; // ticks: what comes so soon after a step on a real clock was brought about by it

const SHARED: Readonly<Record<number, number>> = {
  [ACQUIRED]: ACQUIRE,
  [RELEASED]: RELEASE,
  [PUT]: PUT_ITEM,
  [GOT]: GET,
};

export class Story implements Waits {
  readonly trace: Trace;
  readonly virtual: boolean;
  readonly numbers: Numbers;
  readonly states: TaskStates;
  readonly operations: Operations = new Operations();
  readonly children: Children = new Children();
  readonly joins: number[][] = [];
  readonly pools: Pool[] = [];
  readonly late: Map<number, number[]> = new Map();
  readonly cancelsAtEnd: Map<number, number[]> = new Map();
  signals = 0;
  /** When the trace begins: of what has been read so far. */
  begin: number = Infinity;
  busySince = 0;
  busyUntil = 0;
  #alive = 0;
  #lastDone = 0; // the task that ended last, and when
  #lastDoneAt = -1;
  #stepEvent = -1; // the last step that was told of, and the one before it
  #stepBefore = -1;

  constructor(trace: Trace, virtual: boolean) {
    this.trace = trace;
    this.virtual = virtual;
    this.numbers = new Numbers(trace);
    this.states = new TaskStates(this.numbers.ids.length);
  }

  /** Adds an operation to those of the task. */
  append(task: number, kind: number, arg: number, ticks: number): number {
    const { tail, first } = this.states;
    const index = this.operations.add(kind, arg, ticks);
    const before = tail[task] as number;
    if (before === 0) first[task] = index;
    else this.operations.next[before] = index;
    tail[task] = index;
    return index;
  }

  timeOf(event: number): number {
    const ticks = Math.round((this.trace.time[event] as number) * TICKS);
    return Number.isFinite(ticks) ? ticks : 0; // of a foreign file
  }

  /** The task that ended so shortly before that what happened at `time` outside of tasks was brought about by its end; or 0. */
  endedJustNow(time: number): number {
    if (this.#lastDone === 0 || this.#lastDoneAt < this.busySince) return 0;
    return time - this.busyUntil <= (this.virtual ? 0 : AT_ONCE) ? this.#lastDone : 0;
  }

  /** The loop's thread was taken. */
  busy(start: number, end: number): void {
    if (start - this.busyUntil > (this.virtual ? 0 : AT_ONCE)) this.busySince = start;
    if (end > this.busyUntil) this.busyUntil = end;
  }

  /** The event tells of a step. */
  stepTold(event: number): void {
    this.#stepBefore = this.#stepEvent;
    this.#stepEvent = event;
  }

  /** The task in whose step the event happened, if that was in a step. */
  actor(event: number): number {
    const { type, task, a } = this.trace;
    const done = type[event] === CREATED || type[event] === WOKEN || type[event] === CANCEL;
    return this.numbers.of((done ? a : task)[event] as number);
  }

  /** A task that is older than the trace: it waits from the beginning. */
  adopt(task: number, start: number): void {
    const { states } = this;
    states.known[task] = 1;
    this.#alive++;
    this.append(0, UNTIL, 0, this.begin);
    this.append(0, SPAWN, task, 0);
    const ready = states.readyAt[task] as number;
    if ((states.signal[task] as number) > 0) this.append(task, AWAIT, states.signal[task] as number, 0);
    else this.append(task, UNTIL, 0, ready < 0 ? start : ready);
  }

  /** What happened in a step of the task. */
  inside(task: number, event: number): void {
    const { trace, states } = this;
    const type = trace.type[event] as number;
    const subject = this.numbers.of(trace.task[event] as number);
    const shared = SHARED[type];
    if (type === CREATED) this.#spawn(task, subject, event);
    else if (type === WOKEN) this.#woken(subject, task, event);
    else if (type === CANCEL) this.#cancelled(subject, task, event);
    else if (type === DONE) states.done[task] = event + 1;
    else if (shared !== undefined && this.#known(event)) this.append(task, shared, trace.a[event] as number, 0);
  }

  /** What happened outside of the step that was told of next: in callbacks, and on the host. */
  outside(event: number): void {
    const { trace, states } = this;
    const type = trace.type[event] as number;
    const subject = this.numbers.of(trace.task[event] as number);
    const by = this.numbers.of(trace.a[event] as number);
    const shared = SHARED[type];
    if (type === CREATED) this.#created(subject, by, event);
    else if (type === WOKEN) this.#woken(subject, by, event);
    else if (type === CANCEL) this.#cancelled(subject, by, event);
    else if (type === DONE && subject !== 0 && states.done[subject] === 0) {
      states.done[subject] = event + 1;
      this.ended(subject, this.timeOf(event));
    } else if (shared !== undefined && this.#known(event)) this.#shared(subject, shared, event);
  }

  ended(task: number, time: number): void {
    this.append(task, END, 0, 0);
    this.states.freed[this.states.parent[task] as number] = 1;
    this.#alive--;
    this.#lastDone = task;
    this.#lastDoneAt = time;
  }

  #known(event: number): boolean {
    return (this.trace.a[event] as number) < this.trace.resources.length;
  }

  #spawn(maker: number, task: number, event: number): void {
    const { states } = this;
    const eager = (states.stepEvent[task] as number) >= 0; // it has taken its first step by now
    if (!eager) states.readyAt[task] = this.timeOf(event);
    this.#madeBy(maker, task);
    states.made[maker] = (states.made[maker] as number) + 1;
    this.append(maker, SPAWN, task, eager ? 1 : 0);
  }

  #madeBy(maker: number, task: number): void {
    this.states.parent[task] = maker;
    this.states.known[task] = 1;
    this.children.add(maker, task);
    this.#alive++;
  }

  #created(task: number, maker: number, event: number): void {
    const { states } = this;
    if (maker === 0) return this.#root(task, event);
    // It took the place of one that has ended: otherwise its gather starts it, if only when its turn has come.
    const limit = this.#limit(maker);
    const full = limit > 0 && (states.made[maker] as number) >= limit;
    if (!full || states.freed[maker] === 0) return this.#spawn(maker, task, event);
    states.readyAt[task] = this.timeOf(event);
    this.#madeBy(maker, task);
    const late = this.late.get(maker);
    if (late) late.push(task);
    else this.late.set(maker, [task]);
  }

  #root(task: number, event: number): void {
    const time = this.timeOf(event);
    this.states.known[task] = 1;
    this.states.readyAt[task] = time;
    // Whoever began it after everything else had ended waited for that.
    if (this.#alive > 0 || this.#lastDone === 0) this.append(0, UNTIL, 0, time);
    else this.append(0, QUIET, 0, Math.max(0, time - this.#lastDoneAt));
    this.append(0, SPAWN, task, 0);
    this.#alive++;
  }

  /** How many children at once the task waits for, or 0. */
  #limit(task: number): number {
    const { states, trace } = this;
    if (states.waitsKind[task] !== 2 || !isJoin(trace, states.place[task] as number)) return 0;
    return trace.resources[states.waitsFor[task] as number]?.capacity ?? 0;
  }

  #woken(task: number, by: number, event: number): void {
    const { states } = this;
    if ((states.readyAt[task] as number) >= 0) return;
    states.readyAt[task] = this.timeOf(event);
    states.wokenBy[task] = by;
    // Woken by the cancellation itself: not where a shield holds it back, or what is waited for has to end first.
    const byCancel = states.cancel[task] === ASKED && (states.cancelEvent[task] as number) > this.#stepBefore;
    if (byCancel) states.cancel[task] = BROKEN;
    if (by === 0 || states.done[by] !== 0) return;
    states.signal[task] = ++this.signals;
    this.append(by, SIGNAL, this.signals, 0);
  }

  #cancelled(task: number, by: number, event: number): void {
    const { states } = this;
    if (by === task) return; // it goes on until it waits, and unwinds in its next step
    if (by !== 0 && states.done[by] === 0) this.append(by, INTERRUPT, task, 0);
    else {
      const ended = by !== 0 ? by : this.endedJustNow(this.timeOf(event));
      if (ended === 0 || ended === task) return;
      const tasks = this.cancelsAtEnd.get(ended);
      if (tasks) tasks.push(task);
      else this.cancelsAtEnd.set(ended, [task]);
    }
    states.cancel[task] = ASKED;
    states.cancelEvent[task] = event;
  }

  #shared(task: number, kind: number, event: number): void {
    const { states } = this;
    const resource = this.trace.a[event] as number;
    if (task === 0 || states.done[task] !== 0) {
      this.append(0, UNTIL, 0, this.timeOf(event));
      this.append(0, kind, resource, 0);
      return;
    }
    this.append(task, kind, resource, 0);
    const takes = kind === ACQUIRE || kind === GET || kind === PUT_ITEM;
    if (takes && states.waitsKind[task] === 2 && states.waitsFor[task] === resource) states.granted[task] = 1;
  }
}
