/**
 * Writes down what happens on a loop, as it happens: a few numbers into columns, and nothing that waits. A full trace
 * goes on, chunk by chunk, into memory or a sink; a flight recorder keeps the last events alone.
 */
import { type Duration, milliseconds } from "../../duration.ts";
import { InvalidStateError } from "../../errors.ts";
import { host } from "../../kernel/host.ts";
import { type Loop, runningLoop } from "../../kernel/loop.ts";
import type { Observer } from "../../kernel/observer.ts";
import { addWitness, removeWitness, type Witness } from "../../kernel/witness.ts";
import { current, type Frame } from "../../task/frame.ts";
import { TaskImpl } from "../../task/task.ts";
import type { LoopObserver, LoopTime, Report, Task, WaitInfo } from "../../types.ts";
import {
  A_RESOURCE,
  A_TASK,
  ACQUIRED,
  CALLBACK,
  CANCEL,
  CANCELLED,
  CLOCK,
  CREATED,
  DONE,
  ERROR,
  FRAME,
  GOT,
  NAMED,
  PUT,
  RELEASED,
  REPORT,
  STACK,
  STEP,
  TICKS,
  type TraceMeta,
  VALUE,
  WAITS,
  WOKEN,
} from "../format/schema.ts";
import { ending, joined, opening, type TraceSink } from "../format/writer.ts";
import { EventLog, ticks } from "./event-log.ts";
import { StepGroup, TELLING_APART } from "./group.ts";
import { Lines } from "./lines.ts";
import { endedAs, idOfEnded, isEnded, makerOf, type Seen, type TaskFacts, TaskTable, untoldOf } from "./notes.ts";
import { Path } from "./paths.ts";
import { Resources } from "./resources.ts";
import { livingTasks } from "./living.ts";

export interface RecorderOptions {
  /** Keeps the last so many events in memory, and no more: a flight recorder, cheap enough to be always on. */
  readonly last?: number;
  /** Takes the trace as it grows: see `fileSink` of "brigade/instruments". Without it the trace is kept in memory. */
  readonly sink?: TraceSink;
  /** How long events may wait before the sink is given them; 250 ms unless given. */
  readonly flushEvery?: Duration;
  /** Which part of the time may be spent on reading the lines at which tasks wait, from 0 (never) to 1; 0.05, of a flight recorder 0.01. */
  readonly lines?: number;
  /** What the trace says of the program: its command line, a name. */
  readonly program?: string;
}

/** Writes down what happens on the loops that it observes: `run(main, { observer: recorder() })`. */
export interface Recorder extends LoopObserver {
  /** How many events were written. */
  readonly events: number;
  /** How many of them are gone: overwritten in the ring, or refused by the sink. */
  readonly lost: number;
  /** A whole file of what it holds, for `readTrace`. Throws `InvalidStateError` when a sink has taken it. */
  bytes(): Uint8Array;
  /** Gives the sink what has come since. Done by itself every `flushEvery`, and when a run ends. */
  flush(): void;
  /** Ends the trace: what happens from now on is not recorded. A second time it does nothing. */
  close(): void;
}

/**
 * Makes a recorder, for one run or several. A full trace holds everything: 17 bytes an event, a few events a wait. With
 * `last` it is a flight recorder. It never waits and never throws into the program. Throws `RangeError` for a bad option.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { readTrace, recorder, STEP } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("10ms"), { observer });
 * const trace = readTrace(observer.bytes());
 * for (let i = 0; i < trace.count; i++) {
 *   if (trace.type[i] === STEP) console.log(trace.places[trace.b[i] ?? 0]?.kind);
 * }
 * ```
 */
export function recorder(options: RecorderOptions = {}): Recorder {
  return new TraceRecorder(options);
}

const LONG_CALLBACK = 1; // ms: shorter ones are not written down

type AnyTask = TaskImpl<unknown>;

export class TraceRecorder implements Recorder, Observer, Witness {
  /** @internal */
  readonly log: EventLog;
  /** @internal */
  readonly resources: Resources;
  /** @internal The loops that it has met, and that are not closed. */
  readonly loops: Set<Loop> = new Set<Loop>();
  readonly #options: RecorderOptions;
  readonly #full: boolean; // not a flight recorder
  readonly #lines: Lines;
  readonly #parts: Uint8Array[] = []; // of a full trace without a sink
  readonly #root = new Path("", undefined);
  readonly #flushEvery: number;
  /** @internal */
  readonly tasks: TaskTable = new TaskTable();
  readonly #others = new WeakMap<AnyTask, number>(); // what tasks keep whose loop has another note keeper
  /** @internal How many tasks were seen made, and seen to end, and how many steps they took. */
  created = 0;
  /** @internal */
  ended = 0;
  /** @internal */
  steps = 0;
  /** @internal Is told of what the runtime reports. */
  onReport: ((report: Report) => void) | undefined = undefined;
  #activations = 0;
  #loop: Loop | undefined; // the last that was met
  #state: "ready" | "recording" | "closed" = "ready";
  #flushed = 0; // when, on the host's clock
  #cancelFlush: (() => void) | undefined; // set while one is due
  // The step that runs, and those that it runs inside of: eager tasks take their first step in that of their maker.
  #stepping: AnyTask | undefined;
  #began = 0;
  readonly #outer: { task: AnyTask; began: number }[] = [];
  #clock = 0; // when the last step or callback ended, on the host's clock
  // Steps of which it is not known yet how long each took; closed when somebody has looked at the clock.
  readonly #group: StepGroup;
  #looked = -1; // when the loop had looked at the time, at the last step
  #turn = -1; // and in which of its turns
  // A flight recorder never looks at the clock itself. The loop tells it when something took long.
  #last: AnyTask | undefined; // whose step was the last
  #lastEvent = 0; // the last STEP that was written
  #lastTime = -1; // and its time

  constructor(options: RecorderOptions) {
    const { last, lines = last === undefined ? 0.05 : 0.01 } = options;
    if (last !== undefined && !(Number.isInteger(last) && last >= 1 && last <= 2 ** 27)) {
      throw new RangeError(`recorder: last is a whole number of events from 1 to ${2 ** 27}, not ${last}`);
    }
    if (!(lines >= 0 && lines <= 1)) throw new RangeError(`recorder: lines is a part of the time, 0 to 1, not ${lines}`);
    if (last !== undefined && options.sink) throw new RangeError("recorder: a flight recorder (last) has no sink");
    this.#options = options;
    this.#full = last === undefined;
    this.#flushEvery = milliseconds(options.flushEvery ?? 250);
    this.#lines = new Lines(lines);
    this.log = new EventLog(last, options.sink ?? ((bytes) => void this.#parts.push(bytes)), options.sink?.copies === true);
    this.resources = new Resources(this.log.tables);
    this.#group = new StepGroup(this.log);
  }

  get events(): number {
    return this.log.written;
  }

  get lost(): number {
    return this.log.overwritten + this.log.refused;
  }

  /** @internal What is known of a task that lives; it is known from now on. */
  notesOf(task: AnyTask): TaskFacts {
    return this.tasks.facts(this.rowOf(task));
  }

  /** @internal The task's number in the trace. */
  idOf(task: AnyTask): number {
    const kept = this.#kept(task);
    if (isEnded(kept)) return idOfEnded(kept);
    const row = kept >= 0 ? kept : this.#create(task, kept);
    const id = this.tasks.id(row);
    if (kept < 0 && task.done) this.#end(task, row); // nobody had heard of it
    return id;
  }

  /** What the task keeps for this recorder: see notes.ts. */
  #kept(task: AnyTask): number {
    return task.loop.noteKeeper === this ? task.notes : (this.#others.get(task) ?? -1);
  }

  #keep(task: AnyTask, kept: number): void {
    if (task.loop.noteKeeper === this) task.notes = kept;
    else this.#others.set(task, kept);
  }

  /** @internal Whether something was written down about the task, which lives. */
  knows(task: AnyTask): boolean {
    return this.#kept(task) >= 0;
  }

  /** @internal The row of a task that lives. */
  rowOf(task: AnyTask): number {
    const kept = this.#kept(task);
    return kept >= 0 ? kept : this.#create(task, kept);
  }

  /** @internal The time on the loop's clock. */
  timeOf(loop: Loop): number {
    if (!loop.hostTimed) return ownTime(loop);
    return this.#full || runningLoop !== loop ? host.now() : loop.looked;
  }

  /** A time not long ago, for what happens in the middle of a step: looking at the clock takes longer than all the rest. */
  #recent(loop: Loop): number {
    if (!loop.hostTimed || runningLoop !== loop) return this.timeOf(loop);
    return Math.max(loop.looked, this.#began, this.#clock);
  }

  #meet(loop: Loop): void {
    this.#loop = loop;
    if (this.loops.has(loop) || this.#state === "closed") return;
    this.loops.add(loop);
    loop.noteKeeper ??= this;
    addWitness(this);
    if (this.#state === "ready") {
      this.#state = "recording";
      this.#flushed = host.now();
      if (this.#options.sink) this.log.hand(opening(this.#meta()));
    }
    this.log.write(CLOCK, ownTime(loop), 0, loop.virtual ? 1 : 0, 0);
  }

  #meta(): TraceMeta {
    const { last, program } = this.#options;
    return {
      startedAt: Date.now() - host.now(),
      ...(program === undefined ? {} : { program }),
      ...(last === undefined ? {} : { last }),
      ...host.description(),
    };
  }

  /** Tells of a task that was made, or that nobody has told of yet. Gives its row. */
  #create(task: AnyTask, kept: number): number {
    const loop = task.loop as Loop;
    if (loop !== this.#loop) this.#meet(loop);
    const { tasks, log } = this;
    const parent = makerOf(kept);
    const id = ++this.created;
    const time = this.#recent(loop);
    const root = rootOf(task);
    const path = root ? this.#root.callee(root.ledger.definition) : this.#root;
    const row = tasks.take(id, parent, time, log.written, path);
    this.#keep(task, row);
    log.write(CREATED, time, id, parent, path.nameIn(log.tables));
    const name = task.givenName;
    if (typeof name === "number") log.write(NAMED, time, id, 0, name);
    else log.write(NAMED, time, id, log.tables.string(name), 0);
    return row;
  }

  taskCreated(task: Task<unknown>, parent: Task<unknown> | undefined): void {
    if (this.#state === "closed") return;
    const { loop } = task as AnyTask;
    if (loop !== this.#loop) this.#meet(loop);
    const untold = untoldOf(parent === undefined ? 0 : this.idOf(parent as AnyTask));
    // A flight recorder tells of a task when there is something to tell: that it waits, wakes another, fails.
    if (this.#full) this.#create(task as AnyTask, untold);
    else this.#keep(task as AnyTask, untold);
  }

  stepStarted(task: Task<unknown>): void {
    this.steps++;
    if (this.#full) this.#startStep(task as AnyTask);
    else this.#last = task as AnyTask;
  }

  #startStep(task: AnyTask): void {
    const { loop } = task;
    if (loop !== this.#loop) this.#meet(loop);
    if (this.#stepping !== undefined) this.#enterStep(this.#stepping);
    this.#stepping = task;
    if (loop.looked === this.#looked) this.#began = this.#clock;
    else this.#look(loop);
  }

  /** A task takes its first step inside that of its maker. */
  #enterStep(outer: AnyTask): void {
    this.#outer.push({ task: outer, began: this.#began });
    this.#group.drop(); // the outer step has run too since the clock was looked at
    this.#clock = host.now();
  }

  /** The loop has looked at the time since the last step. */
  #look(loop: Loop): void {
    if (this.#group.size > 0) this.#group.close(this.#turn === loop.turns ? loop.looked : loop.lookedBefore);
    this.#looked = loop.looked;
    this.#turn = loop.turns;
    this.#began = loop.looked > this.#clock ? loop.looked : this.#clock;
  }

  stepEnded(task: Task<unknown>, waitingFor: WaitInfo | undefined, ready: boolean): void {
    if (!this.#full) {
      // Of a step after which it waits for nothing there is nothing to tell: the last events are to be worth something.
      if (!ready) this.#endFlightStep(task as AnyTask, waitingFor);
    } else if (ready && this.#yieldsOn(task as AnyTask, waitingFor)) {
      if (this.#outer.length > 0) this.#leaveStep();
      else this.#stepping = undefined;
    } else if (this.#state !== "closed") this.#endStep(task as AnyTask, waitingFor, ready);
  }

  #endStep(task: AnyTask, waitingFor: WaitInfo | undefined, ready: boolean): void {
    const { hostTimed } = task.loop;
    const began = this.#began;
    const time = hostTimed ? began : ownTime(task.loop);
    if (ready && this.#outer.length === 0) {
      this.#group.add(this.#writeStep(task, waitingFor, ready, time, 0), began, time);
      this.#stepping = undefined;
      return;
    }
    const now = host.now();
    const event = this.#writeStep(task, waitingFor, ready, time, ticks(now - began));
    if (this.#group.size > 0) {
      this.#group.add(event, began, time);
      this.#group.close(now);
    }
    this.#clock = now;
    this.#leaveStep();
    if (this.#options.sink && now - this.#flushed > this.#flushEvery) this.flush();
  }

  #endFlightStep(task: AnyTask, waitingFor: WaitInfo | undefined): void {
    const { loop } = task;
    if (this.#state === "closed" || (waitingFor === undefined && !isEnded(this.#kept(task)))) return;
    const time = loop.hostTimed ? loop.looked : ownTime(loop);
    this.#lastEvent = this.#writeStep(task, waitingFor, false, time, 0);
    this.#lastTime = time;
  }

  #writeStep(task: AnyTask, waitingFor: WaitInfo | undefined, ready: boolean, time: number, took: number): number {
    const { tasks, log } = this;
    if (waitingFor === undefined) return log.write(STEP, time, this.idOf(task), took, 0);
    const row = this.rowOf(task);
    const place = this.#place(task, row, waitingFor, time, ready);
    const event = log.write(STEP, time, tasks.id(row), took, place);
    tasks.stepped(row, event, task.loop.hostTimed ? time + took / TICKS : time);
    return event;
  }

  /** The hottest case there is: the task yields as it did before. Nobody looks at the clock. */
  #yieldsOn(task: AnyTask, waitingFor: WaitInfo | undefined): boolean {
    const row = this.#kept(task);
    if (row < 0) return false;
    const seen = this.tasks.stack(row);
    if (seen === undefined || seen.frame !== task.top) return false;
    const { spot } = seen;
    if (spot === undefined || spot.sample !== waitingFor) return false;
    const wait = spot.waits + 1;
    if ((wait & (wait - 1)) === 0 || this.#state === "closed") return false;
    spot.waits = wait;
    const began = this.#began;
    const { loop } = task;
    const time = loop.hostTimed ? began : ownTime(loop);
    this.#group.add(this.log.write(STEP, time, seen.task, 0, seen.place), began, time);
    return true;
  }

  slow(loop: LoopTime, began: number, ended: number, count: number): void {
    const took = ended - began;
    const task = this.#last;
    this.#last = undefined;
    if (this.#full || this.#state !== "recording" || took < TELLING_APART) return;
    const time = (loop as Loop).hostTimed ? began : ownTime(loop);
    if (count > 1 || task === undefined) this.log.write(CALLBACK, time, 0, ticks(took), 0);
    else if (this.#lastTime === time) this.log.setTook(this.#lastEvent, ticks(took));
    else {
      const id = this.idOf(task);
      this.log.write(STEP, time, id, ticks(took), task.done ? 0 : this.tasks.place(this.rowOf(task)));
    }
  }

  #leaveStep(): void {
    const outer = this.#outer.pop();
    this.#stepping = outer?.task;
    if (outer !== undefined) this.#began = outer.began;
  }

  /** Where the task waits from now on; writes down what has changed about that. */
  #place(task: AnyTask, row: number, waitingFor: WaitInfo, time: number, yielded: boolean): number {
    const { tasks, log } = this;
    const stack = this.#noteStack(task, row, time);
    if (!yielded && waitingFor.subject !== undefined) this.#noteSubject(row, waitingFor.subject, time);
    const label = waitingFor.subject instanceof TaskImpl ? undefined : waitingFor.label;
    const spot = (stack?.path ?? this.#root).spot(waitingFor, label, log.tables);
    if (stack !== undefined) stack.spot = spot;
    const wait = ++spot.waits;
    let place: number | undefined;
    // The first few, and then ever fewer: whether like waits are at the same lines.
    if ((wait & (wait - 1)) === 0 && this.#lines.mayRead(task.loop.virtual)) {
      const frames = this.#lines.read(stack);
      if (frames) place = spot.placeAt(frames, log.tables);
    }
    if (place === undefined && !yielded && !this.#lines.off) this.#lines.note(row, log.written);
    place ??= spot.place(log.tables);
    tasks.setPlace(row, place);
    if (stack !== undefined) stack.place = place;
    return place;
  }

  #noteSubject(row: number, subject: object, time: number): void {
    const isTask = subject instanceof TaskImpl;
    const id = isTask ? this.idOf(subject) : this.resources.number(subject);
    this.log.write(WAITS, time, this.tasks.id(row), id, isTask ? A_TASK : A_RESOURCE);
  }

  /** Brings the notes on the task's stack up to date. Gives the frame on top. */
  #noteStack(task: AnyTask, row: number, time: number): Seen | undefined {
    const before = this.tasks.stack(row);
    const { top } = task;
    if (top === before?.frame) return before;
    const id = this.tasks.id(row);
    const known = top === undefined ? undefined : this.#see(top, before, id, time);
    if (this.#full) this.log.write(STACK, time, id, known?.activation ?? 0, known?.depth ?? 0);
    this.tasks.setStack(row, known);
    return known;
  }

  #see(top: Frame, before: Seen | undefined, id: number, time: number): Seen {
    let known = seenAs(top, before);
    if (known === undefined && (top.parent === undefined || top.parent === before?.frame)) {
      return this.#newlySeen(top, top.parent === undefined ? undefined : before, id, time); // the usual case
    }
    const fresh: Frame[] = [];
    for (let frame: Frame | undefined = top; frame !== undefined && known === undefined; frame = frame.parent) {
      known = seenAs(frame, before);
      if (known === undefined) fresh.push(frame);
    }
    if (known !== undefined) known.calls = undefined; // it waits for another now
    for (let i = fresh.length - 1; i >= 0; i--) known = this.#newlySeen(fresh[i] as Frame, known, id, time);
    return known as Seen;
  }

  #newlySeen(frame: Frame, below: Seen | undefined, id: number, time: number): Seen {
    const activation = ++this.#activations;
    if (this.#full) this.log.write(FRAME, time, id, activation, below?.activation ?? 0);
    if (below !== undefined) below.calls = undefined;
    const path = (below?.path ?? this.#root).callee(frame.ledger.definition);
    const depth = (below?.depth ?? 0) + 1;
    return { frame, activation, path, depth, below, calls: undefined, spot: undefined, place: 0, task: id };
  }

  taskWoken(task: Task<unknown>, by: Task<unknown> | undefined): void {
    if (this.#state === "closed") return;
    const row = this.rowOf(task as AnyTask);
    if (this.tasks.wokenAgain(row)) return;
    const time = this.timeOf((task as AnyTask).loop);
    const waker = by === undefined ? 0 : this.idOf(by as AnyTask);
    this.log.write(WOKEN, time, this.tasks.id(row), waker, 0);
  }

  taskDone(task: Task<unknown>): void {
    if (this.#state === "closed") return;
    this.ended++;
    const done = task as AnyTask;
    if (!this.#full && this.#kept(done) < 0 && !done.failed) return; // nobody has heard of it, nor has to
    this.#end(done, this.rowOf(done));
  }

  #end(done: AnyTask, row: number): void {
    const id = this.tasks.id(row);
    let text = 0;
    if (done.failed) {
      const { failure } = done;
      const message = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
      text = this.log.tables.string(message);
    }
    const outcome = done.failed ? ERROR : done.cancelled ? CANCELLED : VALUE;
    this.log.write(DONE, this.#recent(done.loop), id, outcome, text);
    this.tasks.give(row);
    this.#keep(done, endedAs(id));
  }

  cancelRequested(task: Task<unknown>, by: Task<unknown> | undefined): void {
    if (this.#state === "closed") return;
    const asker = by === undefined ? 0 : this.idOf(by as AnyTask);
    this.log.write(CANCEL, this.timeOf((task as AnyTask).loop), this.idOf(task as AnyTask), asker, 0);
  }

  callbackEnded(loop: LoopTime, began: number): void {
    const now = host.now();
    if (this.#stepping === undefined) {
      this.#clock = now;
      this.#group.drop();
    }
    if (now - began < LONG_CALLBACK || this.#state !== "recording") return;
    const time = (loop as Loop).hostTimed ? began : ownTime(loop);
    this.log.write(CALLBACK, time, 0, ticks(now - began), 0);
  }

  reported(loop: LoopTime, report: Report): void {
    if (this.#state === "recording") this.#report(loop as Loop, report);
    this.onReport?.(report);
  }

  #report(loop: Loop, report: Report): void {
    const { tables } = this.log;
    const task = report.task instanceof TaskImpl ? this.idOf(report.task as AnyTask) : 0;
    const message = tables.string(report.message);
    this.log.write(REPORT, this.timeOf(loop), task, tables.string(report.kind), message);
  }

  idle(loop: LoopTime): void {
    if (this.#group.size > 0) this.#group.close((loop as Loop).looked);
    const { tasks, log } = this;
    this.#lines.readAll(tasks, (loop as Loop).virtual, (row, event, frames) => {
      const place = tasks.stack(row)?.spot?.placeAt(frames, log.tables);
      if (place === undefined) return;
      if (tasks.step(row) === event) tasks.setPlace(row, place);
      log.setB(event, place);
    });
    if (this.#options.sink && this.log.unflushed) this.#cancelFlush ??= host.later(() => this.flush(), this.#flushEvery);
  }

  closed(loop: LoopTime): void {
    this.loops.delete(loop as Loop);
    if (this.#loop === loop) this.#loop = undefined;
    if (this.loops.size === 0) removeWitness(this);
    this.flush();
  }

  // What tasks of other loops take is none of its business.
  #taker(): number | undefined {
    const task = current as AnyTask | undefined;
    const loop = (task?.loop as Loop | undefined) ?? runningLoop ?? this.#loop;
    if (loop === undefined || !this.loops.has(loop)) return undefined;
    this.#loop = loop;
    return task === undefined ? 0 : this.idOf(task);
  }

  acquired(owner: object): void {
    const task = this.#taker();
    if (task === undefined) return;
    const time = this.timeOf(this.#loop as Loop);
    const event = this.log.write(ACQUIRED, time, task, this.resources.number(owner), 0);
    this.resources.took(owner, { task, event, time });
  }

  released(owner: object): void {
    const task = this.#taker();
    if (task === undefined) return;
    this.log.write(RELEASED, this.timeOf(this.#loop as Loop), task, this.resources.number(owner), 0);
    this.resources.gaveBack(owner, task);
  }

  put(queue: object): void {
    const task = this.#taker();
    if (task !== undefined)
      this.log.write(PUT, this.timeOf(this.#loop as Loop), task, this.resources.number(queue), 0);
  }

  got(queue: object): void {
    const task = this.#taker();
    if (task !== undefined)
      this.log.write(GOT, this.timeOf(this.#loop as Loop), task, this.resources.number(queue), 0);
  }

  bytes(): Uint8Array {
    if (this.#options.sink) throw new InvalidStateError("bytes: the sink has taken the trace; read it there");
    const start = opening(this.#meta());
    if (this.#full) {
      this.log.flush();
      return joined([start, ...this.#parts, ending()]);
    }
    const living = livingTasks(this);
    const tables = this.log.tables.chunk();
    return joined([start, ...(tables ? [tables] : []), ...living, ...this.log.chunks(), ending()]);
  }

  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#flushed = host.now();
    this.log.flush();
  }

  close(): void {
    if (this.#state === "closed") return;
    const began = this.#state === "recording";
    this.flush();
    this.#state = "closed";
    removeWitness(this);
    if (began && this.#options.sink) this.log.hand(ending());
  }
}

/** The frame among those that were there before. */
function seenAs(frame: Frame, before: Seen | undefined): Seen | undefined {
  for (let seen = before; seen; seen = seen.below) if (seen.frame === frame) return seen;
  return undefined;
}

/** The time on a clock that the program brought: what that throws is not the recorder's to throw. */
function ownTime(loop: LoopTime): number {
  try {
    return loop.time();
  } catch {
    return 0;
  }
}

function rootOf(task: AnyTask): Frame | undefined {
  let root: Frame | undefined = task.top;
  while (root?.parent) root = root.parent;
  return root;
}
