/** The types of a pool: what of a module can be called in a worker, with what, and what it gives. */
import type { Duration } from "../../duration.ts";
import type { MapOptions } from "../../flow/map-stream.ts";
import type { Source } from "../../flow/source.ts";
import type { Stream } from "../../flow/stream.ts";
import type { AsyncContextManager } from "../../flow/use.ts";
import type { Awaitable, Coroutine } from "../../types.ts";
import type { ResourceLimits } from "./channel.ts";

/** A module whose types were not told: any name may be called, with anything. */
export type UnknownModule = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

type AnyFunction = (...args: never) => unknown;
type Returned<F> = F extends (...args: never) => infer R ? (R extends PromiseLike<infer T> ? T : R) : never;

/** What can only be read item by item. An array is a value. */
type Streamed = AsyncIterable<unknown> | (Iterator<unknown, unknown, never> & Iterable<unknown>);

type IsValue<R> = unknown extends R ? true : R extends Coroutine<unknown> ? true : R extends Streamed ? false : true;
type HasItems<R> = unknown extends R
  ? true
  : R extends Coroutine<unknown> | string
    ? false
    : R extends AsyncIterable<unknown> | Iterable<unknown>
      ? true
      : false;

/** The functions of the module that give a value. */
export type CallName<M> = {
  [K in keyof M & string]: M[K] extends AnyFunction ? (false extends IsValue<Returned<M[K]>> ? never : K) : never;
}[keyof M & string];

/** The functions of the module that give items, one by one. */
export type StreamName<M> = {
  [K in keyof M & string]: M[K] extends AnyFunction ? (false extends HasItems<Returned<M[K]>> ? never : K) : never;
}[keyof M & string];

/** The functions of the module that give a value for one argument. */
export type MapName<M, T> = {
  [K in CallName<M>]: M[K] extends (item: T) => unknown ? K : never;
}[CallName<M>];

/** What the function takes. */
export type CallArguments<F> = F extends (...args: infer A) => unknown ? A : never;

/** What the function gives: of a promise or coroutine, its result. */
export type CallResult<F> = Returned<F> extends infer R ? (R extends Coroutine<infer T> ? T : R) : never;

/** The items of what the function gives. */
export type StreamItem<F> =
  Returned<F> extends infer R
    ? unknown extends R
      ? unknown
      : R extends AsyncIterable<infer T>
        ? T
        : R extends Iterable<infer T>
          ? T
          : never
    : never;

/** Options of a pool, of whichever kind. */
export interface PoolOptions {
  /** How many workers there are at most; they are started as they are needed. As many as the machine has cores unless given. */
  readonly size?: number;
  /** Calls after which a worker is ended gently and replaced. Infinity unless given. */
  readonly recycle?: number;
  /** How long what was cancelled may go on in its worker before that is killed. 1 s unless given; 0 kills at once. */
  readonly grace?: Duration;
  /** How often a call is run again because its worker died. 0 unless given. A function that throws is never run again. */
  readonly retries?: number;
  /** How many calls may wait for a worker; one more throws `PoolFullError`. Infinity unless given. */
  readonly queue?: number;
  /** How many items the function of a stream may be ahead of its reader. 8 unless given. */
  readonly ahead?: number;
  readonly resourceLimits?: ResourceLimits;
  /** The environment of the workers, in place of this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Flags of Node for the workers, in place of this process's. */
  readonly execArgv?: readonly string[];
  /** What the pool is called in errors and reports. The file name of the module unless given. */
  readonly name?: string;
}

/** Options of `pool.map`. */
export type PoolMapOptions = Partial<MapOptions>;

/**
 * Workers that run the functions of a module. With `use` it is closed at the end of the body; without, by the end of
 * `run`. `close`, and the end of a body that returned, wait for the calls; a body that failed or was cancelled, and the
 * end of `run`, cancel them. Streams are always ended.
 */
export interface Pool<M extends object = UnknownModule> extends AsyncContextManager<Pool<M>> {
  readonly name: string;
  /** How many workers there are at most. */
  readonly size: number;
  /** How many workers do nothing at this moment. */
  readonly idle: number;
  /** How many calls wait for a worker. */
  readonly waiting: number;
  /**
   * Runs the function in a worker and waits for its result. Arguments and result are cloned, or moved (`transfer`), when
   * a worker takes the call; calls are taken first come, first served.
   *
   * Cancellation fires `workerSignal()`, cancels a coroutine as a task, waits for the end, and after `grace` kills the
   * worker, which is replaced; a call that no worker has taken is dropped. Throws what the function throws, as an error of
   * the same class where both sides have it, with the stacks of both; `WorkerDiedError` when the worker died; `CloneError`
   * for what can't be cloned; `PoolFullError`; what the module threw when it was loaded; `InvalidStateError` when the
   * pool is closed. (`loop.run_in_executor`.)
   */
  call<K extends CallName<M>>(name: K, ...args: CallArguments<M[K]>): Awaitable<CallResult<M[K]>>;
  /**
   * The items of a generator, an iterable or a stream that the function gives, as a stream. It holds a worker from the
   * first read to its end. At most `ahead` items are on their way. Closing it early, and cancellation, run the
   * generator's `finally` in the worker, and wait for that as `call` does. Throws as `call` does, after the items before.
   */
  stream<K extends StreamName<M>>(name: K, ...args: CallArguments<M[K]>): Stream<StreamItem<M[K]>>;
  /**
   * Calls the function for each item of the source, `limit` at a time (`size` unless given), and streams the results: in the
   * order of the items, or with `ordered: false` as they are there. Failures and closing are those of `mapStream`.
   */
  map<T, K extends MapName<M, T>>(name: K, source: Source<T>, options?: PoolMapOptions): Stream<CallResult<M[K]>>;
  /**
   * Takes no more calls, ends streams, waits until the calls that were made have ended, and until every worker has. The
   * pool can't be used after it. Cancellation leaves it at once; the closing goes on.
   */
  close(): Awaitable<void>;
}
