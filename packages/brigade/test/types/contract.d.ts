/**
 * The public contract of "brigade": every name that it exports and its signature. holds-contract.ts holds the package against
 * it. A change here is a change of what users were promised.
 */
import type { Suspension } from "brigade";

// ── Awaitables and coroutines ────────────────────────────────────────────────────────────────────

/** Milliseconds, or a number with its unit. Negative, NaN or an unknown unit throws RangeError. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h"}`;
export function milliseconds(duration: Duration, what?: string): number;

/** What a coroutine hands the event loop when it can't go on yet. Opaque, so it is the package's own. */
export type { Suspension };

/** Anything `yield*` can wait for inside a coroutine. */
export interface Awaitable<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

/** The body of a coroutine function: `yield*` awaits, `return` gives the result. */
export type CoroutineBody<T> = Generator<Suspension, T, unknown>;

/** A recipe for work that has not started. Awaited at most once. */
export interface Coroutine<T> extends Awaitable<T> {
  readonly name: string;
  /** Says that it will deliberately never be awaited, so that it is not reported. */
  close(): void;
}

/** Makes a coroutine function. `this` is passed on, so that it serves as a class field. Annotate parameters that have defaults. */
export function coroutine<This, A extends unknown[], T>(
  body: (this: This, ...args: A) => CoroutineBody<T>,
): (this: This, ...args: A) => Coroutine<T>;

/** What the combinators take: an awaitable, a bare generator, or a promise. */
export type AwaitableLike<T> = Awaitable<T> | PromiseLike<T>;
export type Result<A> = A extends Awaitable<infer T> ? T : A extends PromiseLike<infer T> ? T : never;

/** A body handed to a scope: an awaitable, or a generator function that is given the scope. */
export type ScopeBody<Scope, T> = AwaitableLike<T> | ((scope: Scope) => AwaitableLike<T>);

// ── Running ──────────────────────────────────────────────────────────────────────────────────────

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly debug?: boolean;
  readonly slowStep?: Duration;
  readonly slowCleanup?: Duration;
  readonly name?: string;
  readonly observer?: LoopObserver;
  readonly onReport?: (report: Report) => void;
  readonly handleSignals?: boolean;
  /** Whose AsyncLocalStorage stores tasks see: those of `run`'s caller (default), or of each task's creator. */
  readonly asyncLocalStorage?: "run" | "task";
}

/** Runs main on an event loop of its own and gives its result. The border between sync and async. */
export function run<T>(main: AwaitableLike<T> | (() => AwaitableLike<T>), options?: RunOptions): Promise<T>;

/** Several `run`s on one loop, as asyncio.Runner. */
export class Runner implements AsyncDisposable {
  constructor(options?: RunOptions);
  run<T>(main: AwaitableLike<T> | (() => AwaitableLike<T>)): Promise<T>;
  readonly loop: EventLoop;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface EventLoop {
  readonly running: boolean;
  readonly closed: boolean;
  readonly debug: boolean;
  /** Milliseconds on the loop's clock. */
  time(): number;
  callSoon(callback: () => void): Handle;
  callLater(delay: Duration, callback: () => void): Handle;
  callAt(when: number, callback: () => void): Handle;
  createFuture<T>(): SettableFuture<T>;
  createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T>;
  allTasks(): ReadonlySet<Task<unknown>>;
  setExceptionHandler(handler: ((report: Report) => void) | undefined): void;
}
export interface Handle {
  readonly cancelled: boolean;
  cancel(): void;
}
export function getRunningLoop(): EventLoop;

/** Where time comes from, in milliseconds. One that can be advanced is virtual: `virtualClock()` in "brigade/testing". */
export interface Clock {
  now(): number;
  advanceTo?(when: number): void;
}

// ── Futures and tasks ────────────────────────────────────────────────────────────────────────────

export interface Future<T> extends Awaitable<T>, PromiseLike<T> {
  readonly done: boolean;
  readonly cancelled: boolean;
  /** The value; throws the error, CancelledError, or InvalidStateError while not done. */
  result(): T;
  /** The error (wrapped if it is not an Error), undefined after a success; throws like result() when cancelled or not done. */
  exception(): Error | undefined;
  cancel(reason?: unknown): boolean;
  addDoneCallback(callback: (future: this) => void): void;
  removeDoneCallback(callback: (future: this) => void): number;
}
/** A future that whoever made it completes, once. */
export interface SettableFuture<T> extends Future<T> {
  setResult(value: T): void;
  setException(error: unknown): void;
}

export interface TaskOptions {
  readonly name?: string;
  /** Runs the first step at once, inside createTask, until its first suspension. */
  readonly eager?: boolean;
  readonly context?: Context;
}
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

export function createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T>;
export function currentTask(): Task<unknown>;
export function allTasks(): ReadonlySet<Task<unknown>>;
export function currentSignal(): AbortSignal;

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────

export function sleep(delay: Duration): Awaitable<void>;
export function sleep<T>(delay: Duration, value: T): Awaitable<T>;
export function sleepUntil(when: number): Awaitable<void>;
export interface TimeoutScope {
  readonly deadline: number;
  readonly expired: boolean;
  reschedule(delay: Duration): void;
}
export function timeout<T>(delay: Duration, body: ScopeBody<TimeoutScope, T>): Awaitable<T>;
export function timeoutAt<T>(when: number, body: ScopeBody<TimeoutScope, T>): Awaitable<T>;
export function moveOnAfter<T>(delay: Duration, body: ScopeBody<TimeoutScope, T>): Awaitable<T | undefined>;
export function shield<T>(body: AwaitableLike<T>): Awaitable<T>;

// ── Running many ─────────────────────────────────────────────────────────────────────────────────

export interface GatherOptions {
  /** How many run at once; the rest have not started. */
  readonly limit?: number;
}
type Many = readonly AwaitableLike<unknown>[] | Readonly<Record<string, AwaitableLike<unknown>>>;
type Results<M, Failure = never> = { -readonly [K in keyof M]: Result<M[K]> | Failure };
export function gather<const M extends Many>(
  awaitables: M,
  options?: GatherOptions & { readonly returnExceptions?: false },
): Awaitable<Results<M>>;
export function gather<const M extends Many>(
  awaitables: M,
  options: GatherOptions & { readonly returnExceptions: boolean },
): Awaitable<Results<M, Error>>;
/** Any iterable, read as slots come free: a million coroutines with limit 10 hold ten frames. */
export function gather<A extends AwaitableLike<unknown>>(
  awaitables: Iterable<A>,
  options?: GatherOptions & { readonly returnExceptions?: false },
): Awaitable<Result<A>[]>;
export function gather<A extends AwaitableLike<unknown>>(
  awaitables: Iterable<A>,
  options: GatherOptions & { readonly returnExceptions: boolean },
): Awaitable<(Result<A> | Error)[]>;
/** Errors that came after the one that was thrown: of gather's other children, of their cleanup. */
export function suppressed(error: unknown): readonly unknown[];

export function race<const M extends readonly AwaitableLike<unknown>[]>(awaitables: M): Awaitable<Result<M[number]>>;
export interface WaitOptions {
  readonly timeout?: Duration;
  readonly returnWhen?: "all-completed" | "first-completed" | "first-exception";
}
export function wait<F extends Future<unknown>>(
  tasks: Iterable<F>,
  options?: WaitOptions,
): Awaitable<{ done: Set<F>; pending: Set<F> }>;
export function asCompleted<A extends AwaitableLike<unknown>>(
  awaitables: Iterable<A>,
  options?: { readonly timeout?: Duration },
): Stream<Task<Result<A>>>;

export interface TaskGroup {
  createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T>;
  /** Cancels the children, and those added later. The body goes on, and the group does not fail. */
  cancelChildren(): void;
}
export function taskGroup<T>(body: (group: TaskGroup) => AwaitableLike<T>): Awaitable<T>;

// ── Synchronisation ──────────────────────────────────────────────────────────────────────────────

export interface Permit extends Disposable {
  release(): void;
}
/** What `use` can acquire, and release at the end. */
export interface Acquirable<P extends Disposable> {
  acquire(): Awaitable<P>;
}
export class Lock implements Acquirable<Permit> {
  constructor(options?: { readonly name?: string });
  readonly name: string | undefined;
  readonly locked: boolean;
  acquire(): Awaitable<Permit>;
  release(): void;
}
export class Semaphore implements Acquirable<Permit> {
  constructor(permits?: number, options?: { readonly name?: string });
  readonly name: string | undefined;
  readonly available: number;
  readonly locked: boolean;
  acquire(): Awaitable<Permit>;
  release(): void;
}
export class BoundedSemaphore extends Semaphore {}
export class Event {
  constructor(options?: { readonly name?: string });
  readonly name: string | undefined;
  readonly isSet: boolean;
  set(): void;
  clear(): void;
  wait(): Awaitable<true>;
}
export class Condition implements Acquirable<Permit> {
  constructor(lock?: Lock, options?: { readonly name?: string });
  readonly name: string | undefined;
  readonly locked: boolean;
  acquire(): Awaitable<Permit>;
  release(): void;
  wait(): Awaitable<void>;
  /** Waits until the predicate gives something truthy, and gives that. */
  waitFor<T>(predicate: () => T): Awaitable<T>;
  notify(count?: number): void;
  notifyAll(): void;
}
export class Barrier {
  constructor(parties: number, options?: { readonly name?: string });
  readonly name: string | undefined;
  readonly parties: number;
  readonly waiting: number;
  readonly broken: boolean;
  wait(): Awaitable<number>;
  reset(): void;
  abort(): void;
}

// ── Queues ───────────────────────────────────────────────────────────────────────────────────────

export class Queue<T> {
  constructor(options?: { maxSize?: number; name?: string });
  readonly name: string | undefined;
  readonly size: number;
  readonly maxSize: number;
  readonly empty: boolean;
  readonly full: boolean;
  put(item: T): Awaitable<void>;
  putNowait(item: T): void;
  get(): Awaitable<T>;
  getNowait(): T;
  taskDone(): void;
  join(): Awaitable<void>;
  shutdown(options?: { immediate?: boolean }): void;
}
export class LifoQueue<T> extends Queue<T> {}
export class PriorityQueue<T> extends Queue<T> {
  constructor(options?: { maxSize?: number; name?: string; compare?: (a: T, b: T) => number });
}

// ── Streams and resources ────────────────────────────────────────────────────────────────────────

export interface Stream<T> extends AsyncIterable<T> {
  next(): Awaitable<IteratorResult<T, void>>;
  /** Unwinds the producer; done at once when it never started. */
  close(): Awaitable<void>;
}
/** Makes an async generator function: `yield*` awaits, `yield value` gives. */
export function stream<A extends unknown[], T>(
  body: (...args: A) => Generator<Suspension | T, void, unknown>,
): (...args: A) => Stream<Exclude<T, Suspension>>;

export type Source<T> = Stream<T> | Queue<T> | Iterable<T> | AsyncIterable<T>;
export function forEach<T>(
  source: Source<T>,
  body: (item: T) => AwaitableLike<unknown> | void,
  options?: { readonly limit?: number },
): Awaitable<void>;
/** Results as a stream; ordered unless told otherwise, with at most `limit` in flight or waiting to be read. */
export function mapStream<T, R>(
  source: Source<T>,
  body: (item: T) => AwaitableLike<R>,
  options: { readonly limit: number; readonly ordered?: boolean },
): Stream<R>;
export function collect<T>(source: Source<T>): Awaitable<T[]>;

/** How a body ended. */
export type Ending =
  | { readonly kind: "value" }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "unwound" };
export interface AsyncContextManager<T> {
  enter(): Awaitable<T>;
  /** Runs once, shielded. It may throw an error of its own; it can't swallow the body's. */
  exit(ending: Ending): Awaitable<void>;
}
export function contextManager<A extends unknown[], T>(
  body: (...args: A) => Generator<Suspension | T, void, unknown>,
): (...args: A) => AsyncContextManager<Exclude<T, Suspension>>;
export type Usable<T> = AsyncContextManager<T> | Acquirable<T & Disposable> | (T & (AsyncDisposable | Disposable));
export function use<T, R>(manager: Usable<T>, body: (value: T) => AwaitableLike<R>): Awaitable<R>;

// ── Context-local values ─────────────────────────────────────────────────────────────────────────

export class ContextVar<T> {
  constructor(name: string, options?: { default?: T });
  get(): T;
  set(value: T): { reset(): void };
}
export interface Context {
  run<R>(callback: () => R): R;
}
export function copyContext(): Context;

// ── The promise border ───────────────────────────────────────────────────────────────────────────

export function fromPromise<T>(promise: PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>)): Awaitable<T>;
export interface CallbackReply<T> {
  succeed(value: T): void;
  fail(error: unknown): void;
}
export type StopCallback = (reason: Error) => void;
export function fromCallback<T>(
  start: (reply: CallbackReply<T>) => StopCallback | undefined,
  label?: string,
): Awaitable<T>;
export function toPromise<T>(body: AwaitableLike<T>): Promise<T>;

// ── Errors ───────────────────────────────────────────────────────────────────────────────────────

export class CancelledError extends Error {
  readonly reason: unknown;
}
export class TimeoutError extends Error {}
export class InvalidStateError extends Error {}
export class DeadlockError extends Error {
  readonly tasks: readonly Task<unknown>[];
}
export class QueueEmpty extends Error {}
export class QueueFull extends Error {}
export class QueueShutDown extends Error {}
export class BrokenBarrierError extends Error {}
/** Several errors at once; `split` and `subgroup` as PEP 654. */
export class ExceptionGroup extends AggregateError {
  constructor(message: string, errors: readonly unknown[]);
  subgroup(match: (error: unknown) => boolean): ExceptionGroup | undefined;
  split(match: (error: unknown) => boolean): [ExceptionGroup | undefined, ExceptionGroup | undefined];
}

// ── Being watched ────────────────────────────────────────────────────────────────────────────────

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
