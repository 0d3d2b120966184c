/** A worker: serves the jobs of a queue with the tasks of a module. */
import { type Awaitable, type CoroutineBody, coroutine, type Duration, type Event, fromPromise, use } from "brigade";
import { milliseconds } from "../durations.ts";
import { DEFAULT_KEEP } from "../engine/defaults.ts";
import type { Engine } from "../engine/engine.ts";
import { checkQueue, DEFAULT_QUEUE } from "../client/queue-name.ts";
import { loadTasks } from "../perform/registry.ts";
import { told, type WorkerEvent } from "./events.ts";
import { serve } from "./serve.ts";

/** A worker that is about to take its first job. */
export interface WorkerReady {
  /** The names of its tasks. */
  readonly tasks: readonly string[];
  /** Where the queue is, for people. */
  readonly place: string;
}

export interface WorkerOptions {
  readonly engine: Engine;
  /** The queue that is served. "brigade" unless given. */
  readonly queue?: string;
  /** How many jobs run at a time. 8 unless given. */
  readonly concurrency?: number;
  /** How long what runs has to end when the worker stops, before it is handed back. 10 s unless given. */
  readonly grace?: Duration;
  /** How long a job outlives a worker that is silent before another worker runs it. 30 s unless given. */
  readonly lease?: Duration;
  /** Ends the worker gently when it is set. */
  readonly stop?: Event;
  /** Called once, when it has loaded the tasks and reached the queue. */
  readonly onReady?: (ready: WorkerReady) => void;
  /** Hears what becomes of jobs, and of trouble. Trouble is a line on stderr unless given. */
  readonly onEvent?: (event: WorkerEvent) => void;
}

/**
 * Serves the jobs of a queue with the tasks that a module exports, until `stop` is set or it is cancelled. Jobs run in processes that
 * load the module, unless their task says `runs: "loop"`; leases are renewed here, so that computing does not lose one.
 *
 * Stopping and cancellation are the same: no job is taken any more, what runs has `grace` to end, and is then cancelled with its
 * cleanup and handed back: another worker runs it, and nothing is counted against it. At least once: a job whose worker dies is run again by
 * another when its lease has run out, up to 3 times; then it is a dead letter. Throws `MissingDriverError`, `EngineError`, and `TaskModuleError` for a
 * module that can't be loaded, exports no tasks, or two of the same name. (Celery: `celery worker`.)
 *
 * @example
 * ```ts no-run
 * import { run } from "brigade";
 * import { bullmq, worker } from "@brigade/workers";
 *
 * const engine = bullmq("redis://127.0.0.1:6379");
 * await run(worker(new URL("./tasks.ts", import.meta.url), { engine, concurrency: 4 }), { handleSignals: true });
 * ```
 */
export function worker(module: URL | string, options: WorkerOptions): Awaitable<void> {
  const { engine, queue = DEFAULT_QUEUE, concurrency = 8, grace = "10s", lease = "30s" } = options;
  if (typeof (engine as Partial<Engine> | undefined)?.open !== "function")
    throw new TypeError("worker: give it an engine: bullmq(…), pgBoss(…) or local(…)");
  checkQueue(queue, "worker");
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(`worker: concurrency is a whole number from 1, not ${String(concurrency)}`);
  const address = module instanceof URL ? module.href : new URL(module).href;
  const leaseTime = milliseconds(lease, "worker, lease");
  if (!(leaseTime >= 1000)) throw new RangeError("worker: lease is at least 1 s: it has to be renewed in time");
  return working({
    address,
    engine,
    queue,
    concurrency,
    lease: leaseTime,
    grace: milliseconds(grace, "worker, grace"),
    stop: options.stop,
    onReady: options.onReady ?? (() => {}),
    event: options.onEvent,
  });
}

interface WorkerSetup {
  readonly address: string;
  readonly engine: Engine;
  readonly queue: string;
  readonly concurrency: number;
  readonly lease: number;
  readonly grace: number;
  readonly stop: Event | undefined;
  readonly onReady: (ready: WorkerReady) => void;
  readonly event: ((event: WorkerEvent) => void) | undefined;
}

const working = /* @__PURE__ */ coroutine(function* worker(setup: WorkerSetup): CoroutineBody<void> {
  const { engine, queue, address, event, onReady } = setup;
  const tasks = yield* fromPromise(loadTasks(address));
  const trouble = (message: string, error: unknown): void =>
    event === undefined ? told(message, error) : event({ kind: "trouble", message, error });
  yield* use(engine.open({ queue, keep: DEFAULT_KEEP, trouble }), (broker) => {
    onReady({ tasks: [...tasks.keys()], place: `${broker.place}, queue ${queue}` });
    return serve({ ...setup, broker, tasks });
  });
});
