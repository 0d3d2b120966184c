/** The task of the works of queues, for workers. */
import { type TaskDefinition, task } from "@brigade/workers";
import { doubled } from "../../data/jobs.ts";

export const double: TaskDefinition<[value: number], number> = task(
  function double(value: number) {
    return doubled(value);
  },
  { runs: "loop" },
);
