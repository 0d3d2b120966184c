/** Says who waits for what when nobody can ever be woken. */
import { madeAt } from "../task/spawn-sites.ts";
import type { TaskImpl } from "../task/task.ts";

/** Each waiting task, in debug where it was made, what it waits for, and its frames, innermost first. */
export function describeDeadlock(tasks: readonly TaskImpl<unknown>[]): string {
  const lines = [
    `nothing can ever wake ${tasks.length === 1 ? "the task that waits" : `the ${tasks.length} tasks that wait`}:`,
  ];
  for (const task of tasks) {
    const { awaiting } = task;
    const label = awaiting?.label === undefined ? "" : ` "${awaiting.label}"`;
    lines.push(`  task "${task.name}"${madeAt(task)} waits for ${awaiting ? awaiting.kind + label : "its first step"}`);
    for (const { name, file, line, column } of [...task.stack()].reverse()) {
      lines.push(`    at ${name}${file === undefined ? "" : ` (${file}:${line}:${column})`}`);
    }
  }
  return lines.join("\n");
}
