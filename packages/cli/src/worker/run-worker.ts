/** `brigade worker`: takes jobs and runs them until it is told to stop. Gives the exit code. */
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Task } from "brigade";
import { fetchQueue } from "../fetch/spread/wire.ts";
import { formatDuration } from "../fetch/summary/format.ts";
import { printable } from "../fetch/summary/printable.ts";
import { flushed } from "../run/flushed.ts";
import { Interruption } from "../run/interruption.ts";
import { type Library, libraryOf } from "./library.ts";
import { type Pen, WorkerLog } from "./log.ts";
import type { WorkerOptions } from "./options.ts";

const failed = 1;
const refused = 2;

/** Ends the process: what the tasks' module has left open, a timer or a pool of connections, shall not keep it. */
export async function runWorker(options: WorkerOptions, pen: Pen): Promise<never> {
  const exitCode = await worked(options, pen);
  await flushed();
  return process.exit(exitCode);
}

async function worked(options: WorkerOptions, pen: Pen): Promise<number> {
  const file = options.file === undefined ? undefined : realpathSync(options.file);
  const library = await libraryOf(file);
  const log = new WorkerLog(options, pen);
  const refuse = (error: Error): number => {
    pen.err(`brigade worker: ${printable(error.message)}`);
    return refused;
  };
  let serving = false;
  try {
    const stopped = await served(options, file, library, log, () => (serving = true));
    if (stopped) log.say(`stopped: ${log.summary()}`);
    return 0;
  } catch (error) {
    const { EngineError, MissingDriverError, TaskModuleError } = library.workers;
    const told = [EngineError, MissingDriverError, TaskModuleError].some((known) => error instanceof known);
    if (!told) throw error;
    const code = refuse(error as Error);
    return serving ? failed : code;
  }
}

/** Serves until a signal. */
async function served(
  options: WorkerOptions,
  file: string | undefined,
  { core, workers }: Library,
  log: WorkerLog,
  began: () => void,
): Promise<boolean> {
  const runner = new core.Runner({ name: "worker" });
  let task: Task<unknown> | undefined;
  using interruption = new Interruption({
    cancel: () => {
      log.say(`stopping: running jobs have ${formatDuration(options.grace)}; the same signal again ends it at once`);
      task?.cancel("stopped by a signal");
    },
    end: (exitCode) => process.exit(exitCode),
  });
  const { concurrency, grace, lease } = options;
  try {
    const running = runner.run(
      workers.worker(moduleOf(file), {
        engine: workers.engineFrom(options.engine),
        concurrency,
        grace,
        lease,
        queue: options.queue ?? (options.fetch ? fetchQueue : "brigade"),
        onReady: ({ tasks, place }) => {
          began();
          log.say(`ready: ${tasks.join(", ")}; ${concurrency} at a time, from ${place}`);
        },
        onEvent: (event) => log.record(event),
      }),
    );
    [task] = runner.loop.allTasks();
    await running;
    return true;
  } catch (error) {
    if (error instanceof core.CancelledError && interruption.signal !== undefined) return true;
    throw error;
  } finally {
    await runner.close();
  }
}

/** The tasks of `brigade fetch` are TypeScript where this file is run as such, and JavaScript where it was built. */
function moduleOf(file: string | undefined): URL {
  if (file !== undefined) return pathToFileURL(file);
  const own = import.meta.url.endsWith(".ts") ? "../fetch/spread/tasks.ts" : "../fetch/spread/tasks.js";
  return new URL(own, import.meta.url);
}
