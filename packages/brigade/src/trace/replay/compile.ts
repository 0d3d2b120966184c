/**
 * Makes a program of a trace: what each task did becomes operations, and each wait one that says what ends it. A wait
 * that nobody of the trace ended keeps the time it took.
 */
import type { Trace } from "../format/reader.ts";
import { CALLBACK, CLOCK, CREATED, FRAME, STACK, STEP, TICKS, WAITS, WOKEN } from "../format/schema.ts";
import { FOREVER, type Program, RUN, Steps, UNTIL } from "./program.ts";
import { storesOf } from "./stores.ts";
import { Story } from "./story.ts";
import { GOES_ON, KNOWN } from "./tasks.ts";
import { finishWait, isJoin } from "./waits.ts";

const OVERLAP = 0.1; // ms

/** The trace as a program. Costs memory in proportion to the events. */
export function compile(trace: Trace): Program {
  return new Compiler(trace).compile();
}

/** Whether steps take no time on the loop's clock. Where the trace no longer says so, they overlap. */
function isVirtual({ count, type, time, a }: Trace): boolean {
  let before = -1;
  for (let i = 0; i < count; i++) {
    if (type[i] === CLOCK) return a[i] === 1;
    if (type[i] !== STEP && type[i] !== CALLBACK) continue;
    const start = time[i] as number;
    const overlap = before < 0 ? 0 : (time[before] as number) + (a[before] as number) / TICKS - start;
    if (overlap > OVERLAP && start >= (time[before] as number)) return true;
    before = i;
  }
  return false;
}

class Compiler {
  readonly #trace: Trace;
  readonly #story: Story;
  readonly #steps = new Steps();
  readonly #latest: Int32Array; // the last step of each task so far; -1: none
  #callers: Uint32Array = new Uint32Array(1024);
  #activations = 0;
  #pending: number[] = []; // events since the last step
  #end = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#story = new Story(trace, isVirtual(trace));
    this.#latest = new Int32Array(this.#story.numbers.ids.length).fill(-1);
  }

  compile(): Program {
    const story = this.#story;
    for (let i = 0; i < this.#trace.count; i++) this.#event(i, this.#trace.type[i] as number);
    for (const event of this.#pending) story.outside(event);
    const { states, numbers, begin } = story;
    const tasks = numbers.ids.length - 1;
    for (let task = 1; task <= tasks; task++) if (states.done[task] === 0) story.append(task, FOREVER, 0, 0);
    return {
      operations: story.operations,
      first: states.first,
      cancelled: states.cancelled,
      cancelsAtEnd: story.cancelsAtEnd,
      tasks,
      ids: numbers.ids,
      parents: states.parent,
      signals: story.signals,
      joins: story.joins,
      pools: story.pools,
      stores: storesOf(this.#trace),
      steps: this.#steps,
      activations: this.#activations,
      callers: this.#callers,
      virtual: story.virtual,
      begin: begin === Infinity ? 0 : begin,
      end: this.#end,
    };
  }

  #event(i: number, type: number): void {
    const { task, a, b } = this.#trace;
    const story = this.#story;
    if (type === CALLBACK && story.virtual) return; // it took no time on the loop's clock
    const time = story.timeOf(i);
    if (time < story.begin) story.begin = time;
    const ends = (type === STEP || type === CALLBACK) && !story.virtual ? time + (a[i] as number) : time;
    if (ends > this.#end) this.#end = ends;
    if (type === STEP) this.#step(i);
    else if (type === CALLBACK) this.#callback(time, a[i] as number);
    else if (type === FRAME) this.#frame(a[i] as number, b[i] as number);
    else if (type === STACK) {
      const number = story.numbers.of(task[i] as number);
      story.states.activation[number] = a[i] as number;
      story.states.depth[number] = b[i] as number;
    } else if (type !== CLOCK) this.#pending.push(i);
  }

  #frame(activation: number, caller: number): void {
    if (activation > this.#trace.count) return; // of a damaged file
    if (activation >= this.#callers.length) {
      const larger = new Uint32Array(Math.max(activation + 1, this.#callers.length * 2));
      larger.set(this.#callers);
      this.#callers = larger;
    }
    this.#callers[activation] = caller;
    if (activation > this.#activations) this.#activations = activation;
  }

  #callback(start: number, took: number): void {
    this.#story.append(0, UNTIL, 0, start);
    this.#story.append(0, RUN, 0, took);
    this.#story.busy(start, start + took);
  }

  #step(i: number): void {
    const story = this.#story;
    const { states } = story;
    const task = story.numbers.of(this.#trace.task[i] as number);
    if (task === 0) return;
    story.stepTold(i);
    const inside: number[] = [];
    const others: number[] = [];
    for (const event of this.#pending) (story.actor(event) === task ? inside : others).push(event);
    const maker = this.#stepsInside(task, others);
    const eager = maker !== 0;
    this.#pending = eager ? others : [];
    if (!eager) for (const event of others) story.outside(event);
    const start = story.timeOf(i);
    const took = story.virtual ? 0 : (this.#trace.a[i] as number);
    if (eager) states.nested[maker] = (states.nested[maker] as number) + took;
    else if (states.known[task] === 0) story.adopt(task, start);
    const taken = finishWait(story, task, inside, start);
    if (taken !== "again") this.#run(i, task, eager, inside, taken);
    this.#noteWait(task, i, start + took, inside);
    if (!eager) story.busy(start, start + took);
  }

  /** The task in whose step an eager one takes its first; or 0. */
  #stepsInside(task: number, others: readonly number[]): number {
    const { states, numbers } = this.#story;
    if ((states.stepEvent[task] as number) >= 0) return 0;
    const woken = new Set<number>();
    for (const event of others) {
      const subject = numbers.of(this.#trace.task[event] as number);
      if (this.#trace.type[event] === WOKEN) woken.add(subject);
      if (this.#trace.type[event] !== CREATED || subject !== task) continue;
      const maker = numbers.of(this.#trace.a[event] as number);
      // A gather makes its children while its task waits for it.
      const waits = (states.stepEvent[maker] as number) >= 0 && states.readyAt[maker] === -1 && !woken.has(maker);
      return waits && isJoin(this.#trace, states.place[maker] as number) ? 0 : maker;
    }
    return 0;
  }

  /** The operations of the step that event `i` tells of. `taken`: what ended the wait before it, and belongs to that. */
  #run(i: number, task: number, eager: boolean, inside: readonly number[], taken: number): void {
    const story = this.#story;
    const { states } = story;
    const start = story.timeOf(i);
    const took = story.virtual ? 0 : (this.#trace.a[i] as number);
    const ready = Math.max(states.readyAt[task] as number, states.stepEnd[task] as number);
    const late = story.virtual || eager || ready < 0 ? 0 : Math.max(0, start - Math.max(story.busyUntil, ready));
    const run = story.append(task, RUN, 0, late);
    this.#noteStep(i, task, run, start, took);
    if (states.cancel[task] === GOES_ON) {
      states.cancelled[task] = run;
      states.cancel[task] = KNOWN;
    }
    // What ran before an event of the step is added to the operation that runs before it.
    const end = start + Math.max(0, took - (states.nested[task] as number));
    states.nested[task] = 0;
    const { operations } = story;
    let now = start;
    let running = run;
    for (const event of inside) {
      if (event === taken) continue;
      const until = story.virtual ? start : Math.min(Math.max(now, story.timeOf(event)), end);
      const before = states.tail[task];
      story.inside(task, event);
      if (states.tail[task] === before || until === now) continue;
      operations.ticks[running] = (operations.ticks[running] as number) + until - now;
      now = until;
      if (now < end) running = story.append(task, RUN, 0, 0);
    }
    if (now < end) {
      if (running !== states.tail[task]) running = story.append(task, RUN, 0, 0);
      operations.ticks[running] = (operations.ticks[running] as number) + end - now;
    }
    if (states.done[task] !== 0) story.ended(task, end);
  }

  #noteStep(i: number, task: number, run: number, start: number, took: number): void {
    const { states } = this.#story;
    const step = this.#steps.add(task, run, start, start + took);
    const before = this.#latest[task] as number;
    if (before >= 0) this.#steps.following[before] = step;
    this.#latest[task] = step;
    this.#steps.place[step] = this.#trace.b[i] as number;
    this.#steps.activation[step] = states.activation[task] as number;
    this.#steps.depth[step] = states.depth[task] as number;
  }

  /** What the task waits for from the end of this step on. */
  #noteWait(task: number, event: number, end: number, inside: readonly number[]): void {
    const trace = this.#trace;
    const { states } = this.#story;
    states.stepEvent[task] = event;
    states.stepEnd[task] = end;
    states.place[task] = trace.b[event] as number;
    states.readyAt[task] = -1;
    states.signal[task] = 0;
    states.wokenBy[task] = 0;
    states.granted[task] = 0;
    states.waitsKind[task] = 0;
    states.freed[task] = 0;
    let made = 0;
    for (const one of inside) {
      if (trace.type[one] === CREATED) made++;
      if (trace.type[one] !== WAITS) continue;
      states.waitsFor[task] = trace.a[one] as number;
      states.waitsKind[task] = trace.b[one] as number;
    }
    states.made[task] = made;
  }
}
