/** Jobs in a folder of this machine, run by this program if it wants: nothing to install. */
import { realpathSync } from "node:fs";
import {
  type AsyncContextManager,
  contextManager,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  Event,
  fromPromise,
  sleep,
  type Suspension,
  type Task,
  wait,
} from "brigade";
import { type LongDuration, milliseconds } from "../durations.ts";
import type { Broker, Engine, OpenOptions } from "../engine/engine.ts";
import { keptFolder } from "../engines/local/index.ts";
import { loadTasks } from "../perform/registry.ts";
import { serve } from "./serve.ts";

const FOLDER = "./.brigade";
const LEASE = 30_000;

export interface LocalOptions {
  /** The module of the tasks, not this program's own: the jobs then run in processes of this program, as long as it has the queue open. */
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
 * import { local, type TaskReference, workers } from "@brigade/workers";
 *
 * // tasks.ts: export const add = task((a: number, b: number) => a + b, { name: "add" });
 * declare const add: TaskReference<[number, number], number>;
 *
 * const engine = local("./jobs", { tasks: new URL("./tasks.ts", import.meta.url) });
 * console.log(await run(use(workers({ engine }), ({ run }) => run(add, [1, 2]))));
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
  if (isThisProgram(tasks))
    throw new TypeError(
      "local: give the tasks a module of their own: this program's own would be waited for while it waits, and begin anew in each process",
    );
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

function isThisProgram(module: URL): boolean {
  const [, program] = process.argv;
  if (program === undefined || module.protocol !== "file:") return false;
  try {
    return realpathSync(program) === realpathSync(module);
  } catch {
    return false; // what is not there is told of when it is loaded
  }
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
    yield* sleep(0); // its first step: a runtime without processes says so there
    if (this.#task.done) yield* this.#task;
    this.#task.addDoneCallback((task) => this.#ended(task));
  });

  /** Told at once: those who wait for jobs would wait for ever without a word. */
  #ended(task: Task<void>): void {
    const error = task.cancelled ? undefined : task.exception();
    if (error) this.#options.trouble("the worker of this program has ended", error);
  }

  /** Trouble has been told: whoever has the queue open has work of its own to end. */
  readonly stop: () => Coroutine<void> = coroutine(function* stop(this: Embedded): CoroutineBody<void> {
    this.#stopping.set();
    if (this.#task) yield* wait([this.#task]);
  });
}
