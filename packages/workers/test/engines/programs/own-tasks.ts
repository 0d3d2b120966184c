/** Tasks that a program runs itself. */
import { task, type TaskDefinition } from "../../../src/task/task.ts";

export const add: TaskDefinition<[a: number, b: number], number> = task(function add(a: number, b: number): number {
  return a + b;
});

export const processOf: TaskDefinition<[], number> = task(function processOf(): number {
  return process.pid;
});
