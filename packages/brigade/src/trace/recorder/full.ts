/**
 * Writes down everything that happens on a loop, as it happens: a few numbers into columns, and nothing that waits. The
 * columns go on, chunk by chunk, into memory or a sink.
 */
import { milliseconds } from "../../duration.ts";
import { InvalidStateError } from "../../errors.ts";
import { host } from "../../kernel/host.ts";
import { type Loop, runningLoop } from "../../kernel/loop.ts";
import type { LoopTime, Task, WaitInfo } from "../../types.ts";
import { STEP, TICKS } from "../format/schema.ts";
import { ending, joined, opening } from "../format/writer.ts";
import type { AnyTask } from "./book.ts";
import { onClockOf, ownTime } from "./clock.ts";
import { ticks } from "./event-log.ts";
import { StepGroup } from "./group.ts";
import type { RecorderOptions } from "./options.ts";
import { StreamLog } from "./stream-log.ts";
import { TraceRecorder } from "./trace-recorder.ts";

const LINES = 0.05; // of the time, for reading lines

export class FullRecorder extends TraceRecorder {
  readonly log: StreamLog;
  readonly #parts: Uint8Array[]; // without a sink
  readonly #flushEvery: number;
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

  constructor(options: RecorderOptions) {
    const parts: Uint8Array[] = [];
    const { sink } = options;
    const log = new StreamLog(sink ?? ((bytes) => void parts.push(bytes)));
    super(options, log, options.lines ?? LINES, true);
    this.log = log;
    this.#parts = parts;
    this.#flushEvery = milliseconds(options.flushEvery ?? 250);
    this.#group = new StepGroup(log);
  }

  get lost(): number {
    return this.log.refused;
  }

  protected now(loop: Loop): number {
    return loop.hostTimed ? host.now() : ownTime(loop);
  }

  protected recent(loop: Loop): number {
    if (!loop.hostTimed || runningLoop !== loop) return this.now(loop);
    return Math.max(loop.looked, this.#began, this.#clock);
  }

  protected begin(): void {
    this.#flushed = host.now();
    if (this.options.sink) this.log.hand(opening(this.meta()));
  }

  protected made(task: AnyTask, untold: number): void {
    this.book.begin(task, untold);
  }

  stepStarted(task: Task<unknown>): void {
    this.steps++;
    const { loop } = task as AnyTask;
    if (loop !== this.loop) this.meet(loop);
    if (this.#stepping !== undefined) this.#enterStep(this.#stepping);
    this.#stepping = task as AnyTask;
    if (loop.looked === this.#looked) this.#began = this.#clock > loop.looked ? this.#clock : loop.looked;
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
    if (ready && this.#yieldsOn(task as AnyTask, waitingFor)) {
      if (this.#outer.length > 0) this.#leaveStep();
      else this.#stepping = undefined;
    } else if (this.state !== "closed") this.#endStep(task as AnyTask, waitingFor, ready);
  }

  #endStep(task: AnyTask, waitingFor: WaitInfo | undefined, ready: boolean): void {
    const began = this.#began;
    const time = onClockOf(task.loop, began);
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
    if (this.options.sink && now - this.#flushed > this.#flushEvery) this.flush();
  }

  #writeStep(task: AnyTask, waitingFor: WaitInfo | undefined, ready: boolean, time: number, took: number): number {
    const { book, log } = this;
    if (waitingFor === undefined) return log.write(STEP, time, book.id(task), took, 0);
    const row = book.row(task);
    const place = this.waits.begin(task, row, waitingFor, time, ready);
    const event = log.write(STEP, time, book.table.id(row), took, place);
    book.table.stepped(row, event, task.loop.hostTimed ? time + took / TICKS : time);
    return event;
  }

  /** The hottest case there is: the task yields as it did before. Nobody looks at the clock. */
  #yieldsOn(task: AnyTask, waitingFor: WaitInfo | undefined): boolean {
    const row = this.book.kept(task);
    if (row < 0) return false;
    const seen = this.book.table.stack(row);
    if (seen === undefined || seen.frame !== task.top) return false;
    const { spot } = seen;
    if (spot === undefined || spot.sample !== waitingFor) return false;
    const wait = spot.waits + 1;
    if ((wait & (wait - 1)) === 0 || this.state === "closed") return false;
    spot.waits = wait;
    const began = this.#began;
    const time = onClockOf(task.loop, began);
    this.#group.add(this.log.write(STEP, time, seen.task, 0, seen.place), began, time);
    return true;
  }

  #leaveStep(): void {
    const outer = this.#outer.pop();
    this.#stepping = outer?.task;
    if (outer !== undefined) this.#began = outer.began;
  }

  slow(): void {}

  protected calledBack(now: number): void {
    if (this.#stepping !== undefined) return;
    this.#clock = now;
    this.#group.drop();
  }

  override idle(loop: LoopTime): void {
    if (this.#group.size > 0) this.#group.close((loop as Loop).looked);
    super.idle(loop);
    if (this.options.sink && this.log.unflushed) this.#cancelFlush ??= host.later(() => this.flush(), this.#flushEvery);
  }

  bytes(): Uint8Array {
    if (this.options.sink) throw new InvalidStateError("bytes: the sink has taken the trace; read it there");
    this.log.flush();
    return joined([opening(this.meta()), ...this.#parts, ending()]);
  }

  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#flushed = host.now();
    this.log.flush();
  }

  protected finish(): void {
    if (this.options.sink) this.log.hand(ending());
  }
}
