/** Where tasks wait: their stacks as they stood at the end of their last step, the numbers of places, and for what. */
import type { Frame } from "../../task/frame.ts";
import { TaskImpl } from "../../task/task.ts";
import type { WaitInfo } from "../../types.ts";
import { A_RESOURCE, A_TASK, FRAME, STACK, WAITS } from "../format/schema.ts";
import type { AnyTask, TaskBook } from "./book.ts";
import type { EventLog } from "./event-log.ts";
import { Lines } from "./lines.ts";
import type { Seen } from "./notes.ts";
import type { Resources } from "./resources.ts";

export class Waits {
  readonly #log: EventLog;
  readonly #book: TaskBook;
  readonly #resources: Resources;
  readonly #lines: Lines;
  readonly #tellsStacks: boolean;
  #activations = 0;

  /** `lines`: the part of the time that may be spent on reading lines. */
  constructor(log: EventLog, book: TaskBook, resources: Resources, lines: number, tellsStacks: boolean) {
    this.#log = log;
    this.#book = book;
    this.#resources = resources;
    this.#lines = new Lines(lines);
    this.#tellsStacks = tellsStacks;
  }

  /** The place where the task waits from now on; writes down what has changed about that. `ready`: it only yields. */
  begin(task: AnyTask, row: number, waitingFor: WaitInfo, time: number, ready: boolean): number {
    const log = this.#log;
    const stack = this.#noteStack(task, row, time);
    const { subject } = waitingFor;
    if (!ready && subject !== undefined) this.#noteSubject(row, subject, time);
    const path = stack?.path ?? this.#book.root;
    const spot = path.spot(waitingFor, subject instanceof TaskImpl ? undefined : waitingFor.label, log.tables);
    if (stack !== undefined) stack.spot = spot;
    const wait = ++spot.waits;
    let place: number | undefined;
    // The first few, and then ever fewer: whether like waits are at the same lines.
    if ((wait & (wait - 1)) === 0 && this.#lines.mayRead(task.loop.virtual)) {
      const frames = this.#lines.read(stack);
      if (frames) place = spot.placeAt(frames, log.tables);
    }
    if (place === undefined && !ready && !this.#lines.off) this.#lines.note(row, log.written);
    place ??= spot.place(log.tables);
    this.#book.table.setPlace(row, place);
    if (stack !== undefined) stack.place = place;
    return place;
  }

  /** The loop has time: reads the lines that are still to be read. */
  readLines(virtual: boolean): void {
    const { table } = this.#book;
    const log = this.#log;
    this.#lines.readAll(table, virtual, (row, event, frames) => {
      const place = table.stack(row)?.spot?.placeAt(frames, log.tables);
      if (place === undefined) return;
      table.setPlace(row, place);
      log.setPlace(event, place);
    });
  }

  #noteSubject(row: number, subject: object, time: number): void {
    const isTask = subject instanceof TaskImpl;
    const id = isTask ? this.#book.id(subject) : this.#resources.number(subject);
    this.#log.write(WAITS, time, this.#book.table.id(row), id, isTask ? A_TASK : A_RESOURCE);
  }

  /** Brings the notes on the task's stack up to date. Gives the frame on top. */
  #noteStack(task: AnyTask, row: number, time: number): Seen | undefined {
    const { table } = this.#book;
    const before = table.stack(row);
    const { top } = task;
    if (top === before?.frame) return before;
    const id = table.id(row);
    const seen = top === undefined ? undefined : this.#see(top, before, id, time);
    if (this.#tellsStacks) this.#log.write(STACK, time, id, seen?.activation ?? 0, seen?.depth ?? 0);
    table.setStack(row, seen);
    return seen;
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
    if (this.#tellsStacks) this.#log.write(FRAME, time, id, activation, below?.activation ?? 0);
    if (below !== undefined) below.calls = undefined;
    const path = (below?.path ?? this.#book.root).callee(frame.ledger.definition);
    const depth = (below?.depth ?? 0) + 1;
    return { frame, activation, path, depth, below, calls: undefined, spot: undefined, place: 0, task: id };
  }
}

/** The frame among those that were there before. */
function seenAs(frame: Frame, before: Seen | undefined): Seen | undefined {
  for (let seen = before; seen; seen = seen.below) if (seen.frame === frame) return seen;
  return undefined;
}
