/**
 * The copy of "@brigade/workers" that a file of tasks has, and the copy of "brigade" that this one has: tasks are known to the
 * copy that made them. A file without one is given the command's own.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export interface Library {
  readonly core: typeof import("brigade");
  readonly workers: typeof import("@brigade/workers");
}

const own = createRequire(import.meta.url);

/** `file` is the real path of the file with the tasks; undefined: the command's own tasks. */
export async function libraryOf(file: string | undefined): Promise<Library> {
  const from = file === undefined ? own : finderOf(file);
  const workers = from.resolve("@brigade/workers");
  const core = createRequire(workers).resolve("brigade");
  const [workersModule, coreModule] = await Promise.all(
    [workers, core].map((path) => import(pathToFileURL(path).href) as Promise<unknown>),
  );
  return { core: coreModule as Library["core"], workers: workersModule as Library["workers"] };
}

function finderOf(file: string): NodeJS.Require {
  const finder = createRequire(file);
  try {
    finder.resolve("@brigade/workers");
    return finder;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return own;
    throw error;
  }
}
