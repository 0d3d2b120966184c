/** Submits jobs to the bakery, follows one, cancels one, and repairs what another has failed of. */
import { join } from "node:path";
import { type CoroutineBody, collect, forEach, gather, run, use } from "brigade";
import { tempDir, write } from "brigade/node";
import {
  type Engine,
  engineFrom,
  JobCancelledError,
  JobFailedError,
  local,
  type Workers,
  workers,
} from "@brigade/workers";
import { bake, grind, watchDough } from "./tasks.ts";

/** Several at once; the same key is the same job. */
function* orders({ submit, submitMany }: Workers, day: string): CoroutineBody<void> {
  const first = yield* submit(bake, [12], { key: `${day}, the first` });
  const again = yield* submit(bake, [12], { key: `${day}, the first` });
  console.log(`the same order twice is one job: ${first.id === again.id}`);

  let last: unknown;
  yield* forEach(first.progress(), (loaf) => {
    last = loaf;
  });
  console.log(`baked: ${yield* first.result()}; the last report said ${String(last)}`);

  const jobs = yield* submitMany(bake, [[1], [2], [3]]);
  console.log(`more: ${(yield* gather(jobs.map((job) => job.result()))).join(", ")}`);
}

/** A job that is cancelled unwinds where it runs. */
function* cancelled({ submit }: Workers): CoroutineBody<void> {
  const job = yield* submit(watchDough, []);
  const progress = job.progress();
  yield* progress.next(); // it runs
  yield* progress.close();
  yield* job.cancel();
  try {
    yield* job.result();
  } catch (error) {
    if (!(error instanceof JobCancelledError)) throw error;
    console.log(`watching the dough: ${yield* job.state()}`);
  }
}

/** What has failed for the last time waits for somebody to repair it. */
function* repaired(queue: Workers, stone: string): CoroutineBody<void> {
  const job = yield* queue.submit(grind, [stone]);
  try {
    yield* job.result();
  } catch (error) {
    if (!(error instanceof JobFailedError)) throw error;
    console.log(`grinding failed: ${error.error.message}`);
  }
  const mine = (yield* collect(queue.deadLetters())).filter(({ id }) => id === job.id);
  yield* write(stone, "granite");
  console.log(`put back: ${yield* queue.putBack(mine.map(({ id }) => id))}; ${yield* job.result()}`);
}

await run(
  use(tempDir(), function* (folder) {
    const [, , where] = process.argv;
    const tasks = new URL("./tasks.ts", import.meta.url);
    const engine: Engine = where === undefined ? local(join(folder, "jobs"), { tasks }) : engineFrom(where);
    yield* use(workers({ engine, queue: "bakery" }), function* (queue) {
      yield* orders(queue, new Date().toISOString());
      yield* cancelled(queue);
      yield* repaired(queue, join(folder, "stone"));
    });
  }),
  { handleSignals: true },
);
