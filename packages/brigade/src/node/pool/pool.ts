/** Pools of threads and of processes: the functions of a module, called as coroutines are. */
import { mapStream } from "../../flow/map-stream.ts";
import type { Source } from "../../flow/source.ts";
import type { Stream } from "../../flow/stream.ts";
import type { Ending } from "../../flow/use.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { canFrame } from "./framing.ts";
import { PoolCall } from "./pool-call.ts";
import { streamOf } from "./pool-stream.ts";
import { ProcessChannel } from "./process-channel.ts";
import { settingsOf } from "./settings.ts";
import { ThreadChannel } from "./thread-channel.ts";
import type { Pool, PoolMapOptions, PoolOptions, UnknownModule } from "./types.ts";
import { WorkerPool } from "./worker-pool.ts";

class PoolOfWorkers implements Pool {
  readonly #pool: WorkerPool;

  constructor(pool: WorkerPool) {
    this.#pool = pool;
  }

  get name(): string {
    return this.#pool.name;
  }

  get size(): number {
    return this.#pool.settings.size;
  }

  get idle(): number {
    return this.#pool.idle;
  }

  get waiting(): number {
    return this.#pool.waiting;
  }

  call(name: string, ...args: readonly unknown[]): Awaitable<unknown> {
    return new PoolCall(this.#pool, name, args);
  }

  stream(name: string, ...args: readonly unknown[]): Stream<unknown> {
    return streamOf(this.#pool, name, args);
  }

  map(
    name: string,
    source: Source<unknown>,
    { limit = this.size, ordered = true }: PoolMapOptions = {},
  ): Stream<unknown> {
    return mapStream(source, (item) => this.call(name, item), { limit, ordered });
  }

  close(): Awaitable<void> {
    return this.#pool.closing(false);
  }

  enter(): Awaitable<this> {
    return itself(this);
  }

  exit(ending: Ending): Awaitable<void> {
    return this.#pool.closing(ending.kind !== "value");
  }
}

const itself = /* @__PURE__ */ coroutine(function* enter<T>(value: T): CoroutineBody<T> {
  return value;
});

/** The types of a module are what its user says: at run time only the worker knows it. */
function typed<M extends object>(pool: Pool): Pool<M> {
  return pool as Pool<object>;
}

/**
 * A pool of threads that run the functions of a module: for work that computes, which would block the loop. The module is
 * loaded once in each thread; hand over its types, and names, arguments and results are checked. A thread is quicker
 * to start and to call than a process, can be given memory without a copy (`transfer`), and shares the process: one that
 * crashes in native code takes everything with it. (concurrent.futures.ThreadPoolExecutor, but it computes in parallel.)
 *
 * Starts nothing itself: threads are started as calls need them, and idle ones do not keep the process alive. Throws
 * `TypeError` for what is no module, `RangeError` for options out of range.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { threadPool } from "brigade/node";
 *
 * // crunch.ts: export function countPrimes(limit: number): number { … }
 * type Crunch = { countPrimes(limit: number): number };
 * const pool = threadPool<Crunch>(new URL("./crunch.ts", import.meta.url)); // or threadPool<typeof import("./crunch.ts")>
 * const count = await run(use(pool, (threads) => threads.call("countPrimes", 10_000_000)));
 * console.log(count);
 * ```
 */
export function threadPool<M extends object = UnknownModule>(module: URL | string, options: PoolOptions = {}): Pool<M> {
  const settings = settingsOf(module, options, "threadPool");
  const pool = new WorkerPool("thread", settings, (start, listener) => new ThreadChannel(start, listener));
  return typed<M>(new PoolOfWorkers(pool));
}

/**
 * A pool of processes, used as a `threadPool` is. A process may crash, run out of memory, or be killed in the midst of
 * native code, and the others go on. Everything is copied to and from it. Each process stands in a group of its own, and
 * what it started is killed with it. It ends when this process does, be it killed and the worker busy: about a second
 * later then. (concurrent.futures.ProcessPoolExecutor.)
 *
 * Starts nothing itself. Throws as `threadPool` does, and an `Error` on runtimes that can't do it (Bun).
 *
 * @example
 * ```ts no-run
 * import { collect, run, use } from "brigade";
 * import { processPool } from "brigade/node";
 *
 * // parse.ts: export function titleOf(path: string): string { … }
 * type Parse = { titleOf(path: string): string };
 * const pool = processPool<Parse>(new URL("./parse.ts", import.meta.url), { retries: 1 });
 * const titles = await run(use(pool, (processes) => collect(processes.map("titleOf", ["a.pdf", "b.pdf"]))));
 * console.log(titles);
 * ```
 */
export function processPool<M extends object = UnknownModule>(
  module: URL | string,
  options: PoolOptions = {},
): Pool<M> {
  const settings = settingsOf(module, options, "processPool");
  if (!canFrame())
    throw new Error("processPool: this runtime has no serializer for messages to processes (node:v8); use threadPool");
  const pool = new WorkerPool("process", settings, (start, listener) => new ProcessChannel(start, listener));
  return typed<M>(new PoolOfWorkers(pool));
}
