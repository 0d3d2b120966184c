/** What a full trace and a flight recorder have in common: all but how steps are told of, and where the events go. */
import { host } from "../../kernel/host.ts";
import { type Loop, runningLoop } from "../../kernel/loop.ts";
import type { Observer } from "../../kernel/observer.ts";
import { addWitness, removeWitness, type Witness } from "../../kernel/witness.ts";
import { current } from "../../task/frame.ts";
import { TaskImpl } from "../../task/task.ts";
import type { LoopTime, Report, Task, WaitInfo } from "../../types.ts";
import {
  ACQUIRED,
  CALLBACK,
  CANCEL,
  CLOCK,
  GOT,
  PUT,
  RELEASED,
  REPORT,
  type TraceMeta,
  WOKEN,
} from "../format/schema.ts";
import { type AnyTask, TaskBook } from "./book.ts";
import { onClockOf, ownTime } from "./clock.ts";
import { type EventLog, ticks } from "./event-log.ts";
import { type TaskFacts, untoldOf } from "./notes.ts";
import type { Recorder, RecorderOptions } from "./options.ts";
import { Resources } from "./resources.ts";
import { Waits } from "./waits.ts";

const LONG_CALLBACK = 1; // ms: shorter ones are not written down

export abstract class TraceRecorder implements Recorder, Observer, Witness {
  abstract readonly log: EventLog;
  readonly resources: Resources;
  readonly book: TaskBook;
  /** The loops that it has met, and that are not closed. */
  readonly loops: Set<Loop> = new Set<Loop>();
  /** How many tasks were seen to end, and how many steps tasks took. */
  ended = 0;
  steps = 0;
  /** Is told of what the runtime reports. */
  onReport: ((report: Report) => void) | undefined = undefined;
  protected readonly options: RecorderOptions;
  protected readonly waits: Waits;
  protected state: "ready" | "recording" | "closed" = "ready";
  protected loop: Loop | undefined; // the last that was met

  protected constructor(options: RecorderOptions, log: EventLog, lines: number, tellsStacks: boolean) {
    this.options = options;
    this.resources = new Resources(log.tables);
    this.book = new TaskBook(this, log, (loop) => {
      if (loop !== this.loop) this.meet(loop);
      return this.recent(loop);
    });
    this.waits = new Waits(log, this.book, this.resources, lines, tellsStacks);
  }

  abstract stepStarted(task: Task<unknown>): void;
  abstract stepEnded(task: Task<unknown>, waitingFor: WaitInfo | undefined, ready: boolean): void;
  abstract slow(loop: LoopTime, began: number, ended: number): void;
  abstract readonly lost: number;
  abstract bytes(): Uint8Array;
  abstract flush(): void;
  /** A loop was met for the first time. */
  protected abstract begin(): void;
  /** What happens from now on is not recorded. */
  protected abstract finish(): void;
  /** The time on the loop's clock. */
  protected abstract now(loop: Loop): number;
  /** A time not long ago, for the middle of a step: looking at the clock takes longer than all the rest. */
  protected abstract recent(loop: Loop): number;
  /** A callback outside tasks has ended. */
  protected abstract calledBack(now: number, long: boolean): void;

  get events(): number {
    return this.log.written;
  }

  /** How many tasks were written down. */
  get created(): number {
    return this.book.created;
  }

  /** What is known of a task that lives; it is known from now on. */
  notesOf(task: AnyTask): TaskFacts {
    return this.book.table.facts(this.book.row(task));
  }

  /** The task's number in the trace. */
  idOf(task: AnyTask): number {
    return this.book.id(task);
  }

  /** Whether something was written down about the task, which lives. */
  knows(task: AnyTask): boolean {
    return this.book.kept(task) >= 0;
  }

  protected meet(loop: Loop): void {
    this.loop = loop;
    if (this.loops.has(loop) || this.state === "closed") return;
    this.loops.add(loop);
    loop.noteKeeper ??= this;
    addWitness(this);
    if (this.state === "ready") {
      this.state = "recording";
      this.begin();
    }
    this.log.write(CLOCK, ownTime(loop), 0, loop.virtual ? 1 : 0, 0);
  }

  protected meta(): TraceMeta {
    const { last, program } = this.options;
    return {
      startedAt: Date.now() - host.now(),
      ...(program === undefined ? {} : { program }),
      ...(last === undefined ? {} : { last }),
      ...host.description(),
    };
  }

  taskCreated(task: Task<unknown>, parent: Task<unknown> | undefined): void {
    if (this.state === "closed") return;
    const { loop } = task as AnyTask;
    if (loop !== this.loop) this.meet(loop);
    this.made(task as AnyTask, untoldOf(parent === undefined ? 0 : this.book.id(parent as AnyTask)));
  }

  /** A task was made, of which nobody was told yet: it is to keep that, at least. */
  protected abstract made(task: AnyTask, untold: number): void;

  taskWoken(task: Task<unknown>, by: Task<unknown> | undefined): void {
    if (this.state === "closed") return;
    const { book } = this;
    const row = book.row(task as AnyTask);
    if (book.table.wokenAgain(row)) return;
    const time = this.now((task as AnyTask).loop);
    this.log.write(WOKEN, time, book.table.id(row), by === undefined ? 0 : book.id(by as AnyTask), 0);
  }

  taskDone(task: Task<unknown>): void {
    if (this.state === "closed") return;
    this.ended++;
    this.done(task as AnyTask);
  }

  protected done(task: AnyTask): void {
    this.book.end(task, this.book.row(task));
  }

  cancelRequested(task: Task<unknown>, by: Task<unknown> | undefined): void {
    if (this.state === "closed") return;
    const asker = by === undefined ? 0 : this.book.id(by as AnyTask);
    this.log.write(CANCEL, this.now((task as AnyTask).loop), this.book.id(task as AnyTask), asker, 0);
  }

  callbackEnded(loop: LoopTime, began: number): void {
    const now = host.now();
    const long = now - began >= LONG_CALLBACK;
    this.calledBack(now, long);
    if (!long || this.state !== "recording") return;
    this.log.write(CALLBACK, onClockOf(loop, began), 0, ticks(now - began), 0);
  }

  reported(loop: LoopTime, report: Report): void {
    if (this.state === "recording") this.#report(loop as Loop, report);
    this.onReport?.(report);
  }

  #report(loop: Loop, { kind, message, task }: Report): void {
    const { tables } = this.log;
    const id = task instanceof TaskImpl ? this.book.id(task as AnyTask) : 0;
    this.log.write(REPORT, this.now(loop), id, tables.string(kind), tables.string(message));
  }

  idle(loop: LoopTime): void {
    this.waits.readLines((loop as Loop).virtual);
  }

  closed(loop: LoopTime): void {
    this.loops.delete(loop as Loop);
    if (this.loop === loop) this.loop = undefined;
    if (this.loops.size === 0) removeWitness(this);
    this.flush();
  }

  close(): void {
    if (this.state === "closed") return;
    this.flush();
    if (this.state === "recording") this.finish();
    this.state = "closed";
    removeWitness(this);
  }

  /** The task that takes something, or gives it back: 0 for none, undefined when that is none of this recorder's business. */
  #taker(): number | undefined {
    const task = current as AnyTask | undefined;
    const loop = (task?.loop as Loop | undefined) ?? runningLoop ?? this.loop;
    if (loop === undefined || !this.loops.has(loop)) return undefined;
    this.loop = loop;
    return task === undefined ? 0 : this.book.id(task);
  }

  #tellOf(type: 8 | 9 | 10 | 11, resource: object, task: number, time: number): number {
    return this.log.write(type, time, task, this.resources.number(resource), 0);
  }

  acquired(owner: object): void {
    const task = this.#taker();
    if (task === undefined) return;
    const time = this.now(this.loop as Loop);
    this.resources.took(owner, { task, event: this.#tellOf(ACQUIRED, owner, task, time), time });
  }

  released(owner: object): void {
    const task = this.#taker();
    if (task === undefined) return;
    this.#tellOf(RELEASED, owner, task, this.now(this.loop as Loop));
    this.resources.gaveBack(owner, task);
  }

  put(queue: object): void {
    const task = this.#taker();
    if (task !== undefined) this.#tellOf(PUT, queue, task, this.now(this.loop as Loop));
  }

  got(queue: object): void {
    const task = this.#taker();
    if (task !== undefined) this.#tellOf(GOT, queue, task, this.now(this.loop as Loop));
  }
}
