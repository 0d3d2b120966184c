/** Jobs in a folder: with keepers that are killed, and run by the program that has submitted them. */
import { pathToFileURL } from "node:url";
import { type Awaitable, coroutine, type CoroutineBody, gather, run, sleep, use } from "brigade";
import { beforeAll, expect, test } from "vitest";
import type { Claim, Outcome } from "../../../src/engine/engine.ts";
import { local } from "../../../src/worker/local.ts";
import { workers } from "../../../src/client/workers.ts";
import { exists, JobFolder, until } from "../keepers.ts";
import { add, processOf } from "../programs/own-tasks.ts";
import { completed, endOf, job, onQueue, whileServing } from "../serving.ts";

// PGlite makes its first database in seconds, and on a busy machine in many more.
beforeAll(async () => {
  await using _ = await JobFolder.made();
}, 60_000);

test("a keeper that is killed twice in the middle of 200 jobs: each ends, and only what ran then may be done again", async () => {
  await using folder = await JobFolder.made();
  const done = new Map<string, number>();
  const jobs = Array.from({ length: 200 }, (_, n) => job(String(n)));
  const perform = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
    done.set(claim.id, (done.get(claim.id) ?? 0) + 1);
    yield* sleep(1);
    return yield* completed(claim);
  });
  // What was being claimed as the keeper died is claimed again when its lease is over.
  const ends = await onQueue(local(folder.path), function* (broker) {
    yield* broker.add(jobs);
    const kills = coroutine(function* (): CoroutineBody<void> {
      for (const after of [30, 120]) {
        while (done.size < after) yield* sleep(5); // real time: the jobs are real
        folder.kill();
      }
    });
    const all: Awaitable<unknown>[] = jobs.map(({ id }) => endOf(broker, id));
    return yield* whileServing(broker, perform, () => gather([gather(all), kills()] as const), 8);
  });
  expect(ends[0]).toEqual(jobs.map(({ payload }) => ({ kind: "completed", value: payload.args })));
  // Its lease may be over before the outcome is recorded: on a busy machine, or with a slow restart.
  expect([...done.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(2 * 8);
}, 90_000);

test("with tasks, the jobs run in processes of this program, and those end with the queue", async () => {
  await using folder = await JobFolder.made();
  const tasks = new URL("../programs/own-tasks.ts", import.meta.url);
  let pid = 0;
  await run(
    use(workers({ engine: local(folder.path, { tasks, concurrency: 2 }) }), function* (open) {
      pid = yield* open.run(processOf, []);
      expect(pid).not.toBe(process.pid);
      expect(yield* gather([1, 2, 3, 4].map((n) => open.run(add, [n, n])))).toEqual([2, 4, 6, 8]);
    }),
  );
  await until(() => !exists(`/proc/${pid}`), "the pool's processes have ended");
}, 60_000);

test("the program's own module is refused as the module of its tasks", () => {
  const [, program = ""] = process.argv;
  expect(() => local("jobs", { tasks: pathToFileURL(program) })).toThrow(/a module of their own/);
});
