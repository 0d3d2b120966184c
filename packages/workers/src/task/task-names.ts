/** Tasks by their names alone: for a program that submits what it does not load. */
import type { TaskDefinition, TaskReference } from "./task.ts";

/** The tasks that a module exports, by their names. */
export type TaskNames<M> = {
  readonly [K in keyof M as M[K] extends TaskDefinition<never[], unknown> ? K : never]: M[K] extends TaskDefinition<
    infer A,
    infer R
  >
    ? TaskReference<A, R>
    : never;
};

/**
 * References to the tasks of a module that this program does not load, typed by it: the name of each is that of the export. The
 * worker loads the module; the program that submits needs its types alone.
 *
 * @example
 * ```ts
 * import { task, taskNames } from "@brigade/workers";
 *
 * // type Tasks = typeof import("./tasks.ts");
 * const resize = task(function* resize(file: string, width: number) {
 *   return `${file} at ${width}`;
 * });
 * type Tasks = { resize: typeof resize };
 * const tasks = taskNames<Tasks>();
 * console.log(tasks.resize.taskName);
 * ```
 */
export function taskNames<M extends object>(): TaskNames<M> {
  return new Proxy(Object.create(null) as object, {
    get: (_target, name) => (typeof name === "string" && name !== "then" ? { taskName: name } : undefined),
  }) as TaskNames<M>;
}
