/** The task of a row: one that computes. */
import { appendFileSync } from "node:fs";
import { task, type TaskDefinition } from "@brigade/workers";

/** Does nothing but compute: nothing else of its process runs meanwhile. */
export const compute: TaskDefinition<[ms: number, log: string], number> = task(
  function compute(ms: number, log: string) {
    appendFileSync(log, "x");
    const end = performance.now() + ms;
    let rounds = 0;
    while (performance.now() < end) rounds++;
    return rounds > 0 ? 1 : 0;
  },
  { retries: 3 },
);
