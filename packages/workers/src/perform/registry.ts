/** The tasks that a module exports. */
import { TaskModuleError } from "../errors.ts";
import { remoteError } from "./failure.ts";
import { functionOf, type TaskDefinition } from "../task/task.ts";

export type AnyTask = TaskDefinition<unknown[], unknown>;

export type Registry = ReadonlyMap<string, AnyTask>;

/** The tasks of a module by name. Throws `TaskModuleError` when it exports none, or two of the same name. */
function registryOf(module: object, address: string): Registry {
  const tasks = new Map<string, AnyTask>();
  const exported = new Map<string, string>(); // task name → the export
  for (const [key, value] of Object.entries(module)) {
    if (functionOf(value) === undefined) continue;
    const { taskName } = value as AnyTask;
    const other = tasks.get(taskName);
    if (other !== undefined && other !== value)
      throw new TaskModuleError(
        `"${exported.get(taskName)}" and "${key}" are two tasks named "${taskName}"; give one of them another { name }`,
        address,
      );
    if (other === undefined || key === taskName) exported.set(taskName, key);
    tasks.set(taskName, value as AnyTask);
  }
  if (tasks.size === 0)
    throw new TaskModuleError("it exports no task: write export const resize = task(function* resize() {…})", address);
  return tasks;
}

/** Loads the module and finds its tasks. Throws `TaskModuleError`. */
export async function loadTasks(address: string): Promise<Registry> {
  let module: object;
  try {
    module = (await import(address)) as object;
  } catch (cause) {
    const { name, message } = remoteError(cause);
    throw new TaskModuleError(`the module can't be loaded: ${name}: ${message}`, address, { cause });
  }
  return registryOf(module, address);
}

/** The task; throws `TypeError` that says which there are. */
export function taskOf(tasks: Registry, name: string): AnyTask {
  const found = tasks.get(name);
  if (found !== undefined) return found;
  throw new TypeError(
    `this worker has no task "${name}": its module exports ${[...tasks.keys()].join(", ")}. Was it started with an older module?`,
  );
}
