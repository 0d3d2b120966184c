/**
 * The programs that CPython and Brigade both run: JSON, so that either can read them. A program is a set of objects and a
 * set of functions; the function "main" is run. What each operation means stands here; README.md says what a trace holds.
 */

/** Made before main starts, in this order. Operations name them. */
export type ObjectSpec =
  | { readonly kind: "lock" | "event" | "condition" | "future" }
  | { readonly kind: "semaphore" | "bounded-semaphore"; readonly permits: number }
  | { readonly kind: "barrier"; readonly parties: number }
  | { readonly kind: "queue" | "lifo-queue" | "priority-queue"; readonly maxSize: number }
  | { readonly kind: "variable"; readonly value: number };

/** What gather is given: a function to call, a task that was started under this name, or another gather. */
export type GatherItem = { readonly function: string } | { readonly task: string } | { readonly gather: Gathering };

export interface Gathering {
  readonly items: readonly GatherItem[];
  readonly returnExceptions: boolean;
}

/** A queue's operations: the same for all three kinds. */
type QueueOp =
  | { readonly op: "put" | "putNowait"; readonly queue: string; readonly value: number }
  | { readonly op: "get" | "getNowait" | "taskDone" | "join"; readonly queue: string }
  | { readonly op: "shutdown"; readonly queue: string; readonly immediate: boolean };

type TaskOp =
  /** Waits; 0 is one iteration. */
  | { readonly op: "sleep"; readonly ms: number }
  | { readonly op: "raise"; readonly error: string }
  /** Awaits the function inside the same task. */
  | { readonly op: "call"; readonly function: string }
  /** Starts a task, known as `as` from now on: to every function, and instead of an older one of that name. */
  | { readonly op: "spawn"; readonly function: string; readonly as: string; readonly eager: boolean }
  /** Awaits a task, or the future of that name. The task may be the one that runs ("self"), which is a mistake. */
  | { readonly op: "await"; readonly task: string }
  /** Awaits a task or future, for `ms` at most: `asyncio.wait_for`. -1 is for ever. */
  | { readonly op: "awaitFor"; readonly task: string; readonly ms: number }
  /** Cancels a task or future; "self" is the task that runs. */
  | { readonly op: "cancel"; readonly task: string }
  | ({ readonly op: "gather" } & Gathering)
  | {
      readonly op: "wait";
      readonly tasks: readonly string[];
      readonly returnWhen: "all-completed" | "first-completed" | "first-exception";
      /** Milliseconds, or -1 for none. */
      readonly ms: number;
    };

type ScopeOp =
  | { readonly op: "timeout" | "moveOnAfter"; readonly as: string; readonly ms: number; readonly body: readonly Op[] }
  | { readonly op: "reschedule"; readonly scope: string; readonly ms: number }
  | { readonly op: "group"; readonly as: string; readonly body: readonly Op[] }
  /** Adds a child to the group of that name, from wherever this runs. */
  | {
      readonly op: "child";
      readonly group: string;
      readonly function: string;
      readonly as: string;
      readonly eager: boolean;
    }
  /** `try`, with a catch that takes every error, unless it is missing, and a finally, unless it is missing. */
  | {
      readonly op: "try";
      readonly body: readonly Op[];
      readonly catch?: readonly Op[];
      readonly finally?: readonly Op[];
    };

type SyncOp =
  /** Of a lock, semaphore or condition. */
  | { readonly op: "acquire" | "release"; readonly object: string }
  /** Acquires, runs the body, and releases, whatever happens. */
  | { readonly op: "with"; readonly object: string; readonly body: readonly Op[] }
  | { readonly op: "set" | "clear" | "waitEvent"; readonly event: string }
  | { readonly op: "waitCondition" | "notifyAll"; readonly condition: string }
  /** Waits until the event is set. */
  | { readonly op: "waitFor"; readonly condition: string; readonly event: string }
  | { readonly op: "notify"; readonly condition: string; readonly count: number }
  | { readonly op: "waitBarrier" | "reset" | "abort"; readonly barrier: string }
  | { readonly op: "setResult"; readonly future: string; readonly value: number }
  | { readonly op: "setException"; readonly future: string; readonly error: string }
  | { readonly op: "setVariable"; readonly variable: string; readonly value: number }
  | { readonly op: "getVariable"; readonly variable: string };

type ReadOp =
  /** Makes a stream of the stream function, known as `as`. */
  | { readonly op: "open"; readonly stream: string; readonly as: string }
  /** Reads the next value; "end" when there is none. */
  | { readonly op: "next" | "close"; readonly reader: string }
  /** Reads to the end, the body after each value; raises "Enough" in the body's place after `most` values. */
  | { readonly op: "forEach"; readonly stream: string; readonly most: number; readonly body: readonly Op[] };

export type Op = TaskOp | ScopeOp | SyncOp | QueueOp | ReadOp;

/** Hands a value to whoever reads the stream. */
export interface Give {
  readonly op: "give";
  readonly value: number;
}

/** A stream function gives values among its operations, and inside one level of `finally`. */
export type StreamOp =
  | Op
  | Give
  | { readonly op: "giving"; readonly body: readonly (Op | Give)[]; readonly finally: readonly Op[] };

export interface Program {
  readonly objects: Readonly<Record<string, ObjectSpec>>;
  readonly functions: Readonly<Record<string, readonly Op[]>>;
  readonly streams: Readonly<Record<string, readonly StreamOp[]>>;
}

/** One line for each thing that happened, and then for the final state of each task and object. */
export type Trace = readonly string[];

/** A program with the trace that CPython wrote for it. */
export interface Recorded {
  readonly name: string;
  readonly program: Program;
  readonly trace: Trace;
}
