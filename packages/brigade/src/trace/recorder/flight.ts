/**
 * Keeps the last events, cheap enough to be always on: it tells of waits alone. Of a step after which a task waits for nothing,
 * and of a task that never waited, woke another or failed, there is nothing to tell. It never looks at the clock itself.
 */
import { host } from "../../kernel/host.ts";
import { type Loop, runningLoop } from "../../kernel/loop.ts";
import type { LoopTime, Task, WaitInfo } from "../../types.ts";
import { CALLBACK, STEP } from "../format/schema.ts";
import { ending, joined, opening } from "../format/writer.ts";
import type { AnyTask } from "./book.ts";
import { onClockOf, ownTime } from "./clock.ts";
import { ticks } from "./event-log.ts";
import { TELLING_APART } from "./group.ts";
import { livingTasks } from "./living.ts";
import { isEnded } from "./notes.ts";
import type { RecorderOptions } from "./options.ts";
import { Ring } from "./ring.ts";
import { TraceRecorder } from "./trace-recorder.ts";

const LINES = 0.01; // of the time, for reading lines

export class FlightRecorder extends TraceRecorder {
  readonly log: Ring;
  #last: AnyTask | undefined; // whose step was the last
  #looked = -1; // when the loop had looked at the time, at that step
  #steps = 0; // since it had
  #toldOf = false; // a callback that took long was told of since
  #lastEvent = 0; // the last STEP that was written
  #lastTime = -1; // and its time

  constructor(last: number, options: RecorderOptions) {
    const log = new Ring(last);
    super(options, log, options.lines ?? LINES, false);
    this.log = log;
  }

  get lost(): number {
    return this.log.overwritten;
  }

  protected now(loop: Loop): number {
    if (!loop.hostTimed) return ownTime(loop);
    return runningLoop === loop ? loop.looked : host.now();
  }

  protected recent(loop: Loop): number {
    return this.now(loop);
  }

  protected begin(): void {}
  protected finish(): void {}

  protected calledBack(_now: number, long: boolean): void {
    if (long) this.#toldOf = true;
  }

  flush(): void {}

  protected made(task: AnyTask, untold: number): void {
    this.book.keep(task, untold);
  }

  stepStarted(task: Task<unknown>): void {
    this.steps++;
    this.#last = task as AnyTask;
    const { looked } = (task as AnyTask).loop;
    if (looked === this.#looked) this.#steps++;
    else {
      this.#looked = looked;
      this.#steps = 1;
    }
  }

  stepEnded(task: Task<unknown>, waitingFor: WaitInfo | undefined, ready: boolean): void {
    if (!ready && this.state !== "closed") this.#endStep(task as AnyTask, waitingFor);
  }

  #endStep(task: AnyTask, waitingFor: WaitInfo | undefined): void {
    const { book, log } = this;
    const kept = book.kept(task);
    if (waitingFor === undefined && !isEnded(kept)) return;
    const time = onClockOf(task.loop, task.loop.looked);
    if (waitingFor === undefined) this.#lastEvent = log.write(STEP, time, book.id(task), 0, 0);
    else {
      const row = book.row(task);
      const place = this.waits.begin(task, row, waitingFor, time, false);
      this.#lastEvent = log.write(STEP, time, book.table.id(row), 0, place);
      book.table.stepped(row, this.#lastEvent, time);
    }
    this.#lastTime = time;
  }

  protected override done(task: AnyTask): void {
    if (this.book.kept(task) >= 0 || task.failed) super.done(task);
  }

  /** The loop, which does look at the clock, has seen that something took long. */
  slow(loop: LoopTime, began: number, ended: number): void {
    const took = ended - began;
    const task = this.#last;
    const toldOf = this.#toldOf;
    this.#last = undefined;
    this.#toldOf = false;
    if (this.state !== "recording" || took < TELLING_APART || toldOf) return;
    const time = onClockOf(loop, began);
    if (this.#steps !== 1 || this.#looked !== began || task === undefined)
      this.log.write(CALLBACK, time, 0, ticks(took), 0);
    else if (this.#lastTime === time) this.log.setTook(this.#lastEvent, ticks(took));
    else {
      const { book } = this;
      const id = book.id(task);
      this.log.write(STEP, time, id, ticks(took), task.done ? 0 : book.table.place(book.row(task)));
    }
  }

  bytes(): Uint8Array {
    const living = livingTasks(this);
    const tables = this.log.tables.chunk();
    return joined([opening(this.meta()), ...(tables ? [tables] : []), ...living, ...this.log.chunks(), ending()]);
  }
}
