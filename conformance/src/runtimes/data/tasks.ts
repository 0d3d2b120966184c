/** The module that the workers load. */
import { task, type TaskDefinition } from "@brigade/workers";

export const double: TaskDefinition<[number: number], number> = task(function double(number: number) {
  return number * 2;
});
