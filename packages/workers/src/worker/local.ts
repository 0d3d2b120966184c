/** Jobs in a folder of this machine, run by this program if it wants: nothing to install. */
import {
  type AsyncContextManager,
  contextManager,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  Event,
  fromPromise,
  type Suspension,
  type Task,
} from "brigade";
import { type LongDuration, milliseconds } from "../durations.ts";
import type { Broker, Engine, OpenOptions } from "../engine/engine.ts";
import { keptFolder } from "../engines/local/index.ts";
import { loadTasks } from "../perform/registry.ts";
import { serve } from "./serve.ts";

const FOLDER = "./.brigade";
const LEASE = 30_000;

export interface LocalOptions {
  /** The module of the tasks: the jobs then run in processes of this program, as long as it has the queue open. */
  readonly tasks?: URL;
  /** With `tasks`: how many jobs run at a time. 4 unless given. */
  readonly concurrency?: number;
  /** With `tasks`: how long what runs has to end when the queue is left, before it is handed back. 10 s unless given. */
  readonly grace?: LongDuration;
  /** With `tasks`: how long a job outlives this program when it is silent, before another one runs it. 30 s unless given. */
  readonly lease?: LongDuration;
}

/**
 * Keeps jobs in a folder of this machine, "./.brigade" unless given: pg-boss on PGlite. A process of its own has the database open; it is
 * started by who comes first, found by all programs that use the folder, and ends by itself two seconds after the last of them. Jobs
 * that were submitted are safe when any of these processes dies. With `tasks`, this program runs the jobs, too; without,
 * `brigade worker` or `worker(…)` does it. Opening throws `EngineError` when the folder can't be used: it holds something
 * else, belongs to somebody else, was made by another version, or its disk is full.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { local, task, workers } from "@brigade/workers";
 *
 * export const add = task(function* add(a: number, b: number) {
 *   return a + b;
 * });
 * if (import.meta.main) {
 *   const engine = local("./jobs", { tasks: new URL(import.meta.url) });
 *   await run(use(workers({ engine }), ({ run }) => run(add, [1, 2])));
 * }
 * ```
 */
export function local(folder: string = FOLDER, options: LocalOptions = {}): Engine {
  if (typeof folder !== "string" || folder === "") throw new TypeError("local takes the path of a folder");
  const { tasks, concurrency = 4, grace: graceTime = "10s", lease = LEASE } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(`local: concurrency is a whole number from 1, not ${String(concurrency)}`);
  const engine = keptFolder(folder);
  const grace = milliseconds(graceTime, "local, grace");
  if (tasks === undefined) return engine;
  const settings: Settings = {
    engine,
    tasks: tasks.href,
    folder,
    concurrency,
    grace,
    lease: milliseconds(lease, "local, lease"),
  };
  return { name: engine.name, open: (open) => openWithWorker(settings, open) };
}

interface Settings {
  readonly engine: Engine;
  readonly tasks: string;
  readonly folder: string;
  readonly concurrency: number;
  readonly grace: number;
  readonly lease: number;
}

type Opening = (settings: Settings, options: OpenOptions) => AsyncContextManager<Broker>;

const openWithWorker: Opening = /* @__PURE__ */ contextManager(function* openWithWorker(
  settings: Settings,
  options: OpenOptions,
): Generator<Suspension | Broker, void, unknown> {
  const inner = settings.engine.open(options);
  const broker = yield* inner.enter();
  const worker = new Embedded(settings, broker, options);
  try {
    yield* worker.start();
    yield broker;
  } finally {
    yield* worker.stop();
    yield* inner.exit({ kind: "value" });
  }
});

/** This program's own worker, as long as it has the queue open. */
class Embedded {
  readonly #settings: Settings;
  readonly #broker: Broker;
  readonly #options: OpenOptions;
  readonly #stopping = new Event();
  #task: Task<void> | undefined;

  constructor(settings: Settings, broker: Broker, options: OpenOptions) {
    this.#settings = settings;
    this.#broker = broker;
    this.#options = options;
  }

  readonly start: () => Coroutine<void> = coroutine(function* start(this: Embedded): CoroutineBody<void> {
    const { concurrency, grace, lease } = this.#settings;
    const serving = serve({
      broker: this.#broker,
      address: this.#settings.tasks,
      tasks: yield* fromPromise(loadTasks(this.#settings.tasks)),
      queue: this.#options.queue,
      concurrency,
      lease,
      grace,
      stop: this.#stopping,
      event: () => {},
    });
    this.#task = createTask(serving, { name: `worker of ${this.#settings.folder}` });
  });

  /** Trouble of the worker is told: whoever has the queue open has work of its own to end. */
  readonly stop: () => Coroutine<void> = coroutine(function* stop(this: Embedded): CoroutineBody<void> {
    this.#stopping.set();
    try {
      if (this.#task) yield* this.#task;
    } catch (error) {
      this.#options.trouble("the worker of this program has ended", error);
    }
  });
}
