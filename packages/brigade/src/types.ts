/** The public contract as types: what each name promises. Classes elsewhere implement these. */
import type { Duration } from "./duration.ts";

declare const suspension: unique symbol;
/** What a coroutine hands the event loop when it can't go on yet. Opaque to users. */
export interface Suspension {
  readonly [suspension]: true;
}

/** Anything `yield*` can wait for inside a coroutine. */
export interface Awaitable<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

/** The body of a coroutine function: `yield*` awaits, `return` gives the result. */
export type CoroutineBody<T> = Generator<Suspension, T, unknown>;

/** A recipe for work that has not started. Awaited at most once; a second time throws `InvalidStateError`. */
export interface Coroutine<T> extends Awaitable<T> {
  readonly name: string;
  /** Says that it will deliberately never be awaited, so that it is not reported. */
  close(): void;
}

/** What the combinators take: an awaitable, a bare generator, or a promise. */
export type AwaitableLike<T> = Awaitable<T> | PromiseLike<T>;
/** What awaiting an `A` gives. */
export type Result<A> = A extends Awaitable<infer T> ? T : A extends PromiseLike<infer T> ? T : never;

/** A body handed to a scope: an awaitable, or a generator function that is given the scope. */
export type ScopeBody<Scope, T> = AwaitableLike<T> | ((scope: Scope) => AwaitableLike<T>);

/** Options of `run` and `Runner`. */
export interface RunOptions {
  /** Cancels main when it fires, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Where time comes from; the host's monotonic clock unless given. */
  readonly clock?: Clock;
  /** Turns on the reports that cost something; see `Report`. */
  readonly debug?: boolean;
  /** In debug, a step longer than this is reported. 100 ms unless given. */
  readonly slowStep?: Duration;
  /** In debug, a cleanup longer than this is reported. 5 s unless given. */
  readonly slowCleanup?: Duration;
  /** The main task's name. "main" unless given. */
  readonly name?: string;
  readonly observer?: LoopObserver;
  /** Where reports go that no exception handler takes; the console unless given. */
  readonly onReport?: (report: Report) => void;
  /** On Node, SIGINT and SIGTERM cancel main; a second one ends the process at once. */
  readonly handleSignals?: boolean;
  /** Whose AsyncLocalStorage stores tasks see: those of `run`'s caller (default), or of each task's creator. */
  readonly asyncLocalStorage?: "run" | "task";
}

/** The loop that runs tasks and callbacks, one at a time (asyncio.AbstractEventLoop). */
export interface EventLoop {
  readonly running: boolean;
  readonly closed: boolean;
  readonly debug: boolean;
  /** Milliseconds on the loop's clock. */
  time(): number;
  /** Runs the callback in the next iteration, after what is ready already. */
  callSoon(callback: () => void): Handle;
  /** Runs the callback after `delay`. */
  callLater(delay: Duration, callback: () => void): Handle;
  /** Runs the callback when `time()` reaches `when`, in milliseconds. */
  callAt(when: number, callback: () => void): Handle;
  createFuture<T>(): SettableFuture<T>;
  createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T>;
  /** The tasks that have not ended, in the order they were made. */
  allTasks(): ReadonlySet<Task<unknown>>;
  /** Takes every report from now on; `undefined` gives them back to `onReport` and the console. */
  setExceptionHandler(handler: ((report: Report) => void) | undefined): void;
}

/** A scheduled callback. */
export interface Handle {
  readonly cancelled: boolean;
  /** The callback will not run. Nothing happens if it has run. */
  cancel(): void;
}

/** Where time comes from, in milliseconds. One that can be advanced is virtual: `virtualClock()` in "brigade/testing". */
export interface Clock {
  now(): number;
  advanceTo?(when: number): void;
}

/** A value that will be there: awaited any number of times, by any number of tasks (asyncio.Future). */
export interface Future<T> extends Awaitable<T>, PromiseLike<T> {
  readonly done: boolean;
  readonly cancelled: boolean;
  /** The value; throws the error, `CancelledError`, or `InvalidStateError` while not done. */
  result(): T;
  /** The error (wrapped if it is not an Error), undefined after a success; throws like `result()` when cancelled or not done. */
  exception(): Error | undefined;
  /** Asks it to end cancelled; false if it is done, or is being cancelled already. */
  cancel(reason?: unknown): boolean;
  /** Calls back, through the loop, when done; soon if it is done already. */
  addDoneCallback(callback: (future: this) => void): void;
  /** How many registrations of the callback were removed. */
  removeDoneCallback(callback: (future: this) => void): number;
}

/** A future that whoever made it completes, once. */
export interface SettableFuture<T> extends Future<T> {
  /** Throws `InvalidStateError` when it is done. */
  setResult(value: T): void;
  /** Throws `InvalidStateError` when it is done. */
  setException(error: unknown): void;
}

export interface TaskOptions {
  readonly name?: string;
  /** Runs the first step at once, inside createTask, until its first suspension. */
  readonly eager?: boolean;
  readonly context?: Context;
}

/** A coroutine that the loop runs (asyncio.Task). */
export interface Task<T> extends Future<T> {
  name: string;
  readonly cancelRequested: boolean;
  /** Whether the frame that runs now is being unwound, by a cancellation or by a scope. */
  readonly unwinding: boolean;
  /** Coroutine frames, outermost first, with file and line where the host tells them. */
  stack(): readonly FrameInfo[];
}

export interface FrameInfo {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** What the body of `timeout` may ask and change. */
export interface TimeoutScope {
  /** On the loop's clock, in milliseconds. */
  readonly deadline: number;
  readonly expired: boolean;
  /** Sets the deadline to `delay` from now; throws `InvalidStateError` when it has expired or the body has ended. */
  reschedule(delay: Duration): void;
}

/** The values of a context: see `ContextVar`. */
export interface Context {
  run<R>(callback: () => R): R;
}

/** Called by the loop as things happen. Every method is optional, must not throw, and costs nothing when absent. */
export interface LoopObserver {
  taskCreated?(task: Task<unknown>, parent: Task<unknown> | undefined): void;
  stepStarted?(task: Task<unknown>): void;
  /**
   * `waitingFor` says what kind of thing, e.g. "sleep", "Queue.get", and its label; undefined when the task has ended.
   * `ready`: it does not wait, but yields: it is ready again already, and `taskWoken` is not called.
   */
  stepEnded?(task: Task<unknown>, waitingFor: WaitInfo | undefined, ready: boolean): void;
  /** By the task whose step did it; undefined: by a timer, the host, or code outside tasks. */
  taskWoken?(task: Task<unknown>, by: Task<unknown> | undefined): void;
  taskDone?(task: Task<unknown>): void;
  /** `task.cancel()` was called, for the first time, in a step of `by`. */
  cancelRequested?(task: Task<unknown>, by: Task<unknown> | undefined): void;
  /** A callback outside tasks has run, from `began` on, in milliseconds of the host's clock (`performance.now`). */
  callbackEnded?(loop: LoopTime, began: number): void;
  /** Steps and callbacks took from `began` to `ended` together, on the host's clock: more than 0.25 ms. */
  slow?(loop: LoopTime, began: number, ended: number): void;
  /** The runtime has something to say, whoever takes the report; a deadlock, before its tasks are cancelled. */
  reported?(loop: LoopTime, report: Report): void;
  /** Nothing is ready: the loop is about to wait for a timer or the host. */
  idle?(loop: LoopTime): void;
  /** The loop is closed: its `run` is over. */
  closed?(loop: LoopTime): void;
}

/** What an observer is told of the loop itself. */
export interface LoopTime {
  /** Milliseconds on the loop's clock. */
  time(): number;
}

/** What a task waits for. */
export interface WaitInfo {
  readonly kind: string;
  readonly label?: string | undefined;
  /** What it shares with others, where it is that: the lock, the semaphore, the queue, the task. */
  readonly subject?: object | undefined;
}

/** Something the program did not ask about but should know. */
export interface Report {
  readonly kind:
    | "never-awaited"
    | "unretrieved-error"
    | "slow-step"
    | "slow-cleanup"
    | "bare-generator"
    | "blocked-loop"
    | "deadlock"
    | "callback-error"
    | "killed";
  readonly message: string;
  readonly error?: unknown;
  readonly task?: Task<unknown>;
}
