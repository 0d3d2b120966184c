/**
 * A recorded program as the replay runs it: for each task what it did, one operation after the other. Times are whole
 * ticks, so that what was due at the same moment stays so.
 */
import type { Resource } from "../format/schema.ts";

// What a task does. `arg` and `ticks` of an operation mean:
/** Takes the loop for `ticks`. Every step begins with one. */
export const RUN = 1;
/** Waits for `ticks` at the place `arg`, whatever others do. */
export const SLEEP = 2;
/** Lets one iteration of the loop pass. */
export const YIELD = 3;
/** Makes the task `arg` ready for its first step, or takes that at once (`ticks` 1). */
export const SPAWN = 4;
/** Takes a permit of the resource `arg`, in its turn. `ticks`, here and for queues: the place where it waited for that, or 0. */
export const ACQUIRE = 5;
/** Gives one back. */
export const RELEASE = 6;
/** Puts an item into the queue `arg`, when there is room. */
export const PUT = 7;
/** Takes one, when there is one. */
export const GET = 8;
/** Waits for the signal `arg`. */
export const AWAIT = 9;
/** Gives the signal `arg`, for good. */
export const SIGNAL = 10;
/** Waits for the end of the tasks on list `arg`. `ticks` is 1 where their end is told by a callback of its own. */
export const JOIN = 11;
/** The tasks of pool `arg` that have not started do so, each when another one has ended. */
export const POOL = 12;
/** Cancels the task `arg`: it goes on where it did when it was cancelled. */
export const INTERRUPT = 13;
/** Waits until it is cancelled. */
export const CANCELLATION = 14;
/** Waits for the time `ticks`. Of what happens outside of tasks. */
export const UNTIL = 15;
/** Waits until no task is left. */
export const QUIET = 16;
/** Waits for ever: as it did at the end of the trace. */
export const FOREVER = 17;
/** The task has ended. */
export const END = 18;

/** A limit on tasks that are started together: those that start at once, and those that wait for a place. */
export interface Pool {
  /** Its number as a resource, or 0. */
  readonly resource: number;
  readonly first: readonly number[];
  readonly late: readonly number[];
}

/** The operations of all tasks, each linked to the next one of its task. */
export class Operations {
  count = 1; // 0 stands for none
  kind: Uint8Array = new Uint8Array(1024);
  arg: Uint32Array = new Uint32Array(1024);
  ticks: Float64Array = new Float64Array(1024);
  next: Uint32Array = new Uint32Array(1024);

  add(kind: number, arg: number, ticks: number): number {
    const index = this.count++;
    if (index === this.kind.length) this.#grow();
    this.kind[index] = kind;
    this.arg[index] = arg;
    this.ticks[index] = ticks;
    return index;
  }

  #grow(): void {
    const size = this.kind.length * 2;
    this.kind = enlarged(this.kind, new Uint8Array(size));
    this.arg = enlarged(this.arg, new Uint32Array(size));
    this.ticks = enlarged(this.ticks, new Float64Array(size));
    this.next = enlarged(this.next, new Uint32Array(size));
  }
}

/** The steps of the trace, in its order: what `frames` reads awaits off. */
export class Steps {
  count = 0;
  task: Uint32Array = new Uint32Array(1024);
  /** Where the task waited after it. */
  place: Uint32Array = new Uint32Array(1024);
  /** The next step of the same task; 0: there is none. */
  following: Uint32Array = new Uint32Array(1024);
  /** The operation that it began with. */
  operation: Uint32Array = new Uint32Array(1024);
  /** The innermost coroutine call that was suspended after it. */
  activation: Uint32Array = new Uint32Array(1024);
  /** How many were. */
  depth: Uint32Array = new Uint32Array(1024);
  /** Recorded times, in ticks. */
  start: Float64Array = new Float64Array(1024);
  end: Float64Array = new Float64Array(1024);

  add(task: number, operation: number, start: number, end: number): number {
    const index = this.count++;
    if (index === this.task.length) this.#grow();
    this.task[index] = task;
    this.operation[index] = operation;
    this.start[index] = start;
    this.end[index] = end;
    return index;
  }

  #grow(): void {
    const size = this.task.length * 2;
    this.task = enlarged(this.task, new Uint32Array(size));
    this.place = enlarged(this.place, new Uint32Array(size));
    this.following = enlarged(this.following, new Uint32Array(size));
    this.operation = enlarged(this.operation, new Uint32Array(size));
    this.activation = enlarged(this.activation, new Uint32Array(size));
    this.depth = enlarged(this.depth, new Uint32Array(size));
    this.start = enlarged(this.start, new Float64Array(size));
    this.end = enlarged(this.end, new Float64Array(size));
  }
}

function enlarged<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Permits or items that there were when the trace began, and how many there can be. */
export interface Store {
  readonly resource: Resource;
  /** Free permits, or items in the queue. */
  readonly initial: number;
  /** Room of a queue; 0: without bound. */
  readonly room: number;
}

/** A recorded program, ready for the replay. Tasks are numbered from 1 in the order of the trace; 0 is what is outside of them. */
export interface Program {
  readonly operations: Operations;
  /** The first operation of each task; of 0 too. */
  readonly first: Uint32Array;
  /** Where a task goes on when it is cancelled; 0 for the others. */
  readonly cancelled: Uint32Array;
  /** Which tasks the end of a task cancels. */
  readonly cancelsAtEnd: ReadonlyMap<number, readonly number[]>;
  readonly tasks: number;
  /** The number in the trace of each task. */
  readonly ids: Uint32Array;
  readonly parents: Uint32Array;
  readonly signals: number;
  /** The tasks that each list of JOIN names. */
  readonly joins: readonly (readonly number[])[];
  readonly pools: readonly Pool[];
  readonly stores: readonly Store[];
  readonly steps: Steps;
  /** How many coroutine calls there were. */
  readonly activations: number;
  /** The caller's activation of each activation. */
  readonly callers: Uint32Array;
  /** Whether steps took no time on the loop's clock. */
  readonly virtual: boolean;
  /** When the trace begins and ends, in ticks. */
  readonly begin: number;
  readonly end: number;
}
