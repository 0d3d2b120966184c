/** Submits `count` jobs, and prints a line of JSON for each one's end: `submit.ts <engine> <queue> <task> <folder> <count> <ms>`. */
import { type CoroutineBody, coroutine, gather, run, use } from "brigade";
import { engineFrom, taskNames, workers } from "@brigade/workers";

const [, , engine = "", queue = "", name = "", folder = "", count = "", ms = ""] = process.argv;
const tasks = taskNames<typeof import("./tasks.ts")>();

await run(
  use(workers({ engine: engineFrom(engine), queue }), function* ({ submit }): CoroutineBody<void> {
    const one = coroutine(function* (n: number): CoroutineBody<void> {
      const job = yield* submit(name === "grind" ? tasks.grind : tasks.work, [folder, n, Number(ms)], {
        key: `job ${n}`,
      });
      console.log(JSON.stringify({ submitted: n, id: job.id }));
      const result = yield* job.result();
      console.log(JSON.stringify({ ended: n, id: job.id, result }));
    });
    yield* gather(Array.from({ length: Number(count) }, (_, n) => one(n)));
  }),
);
