/** What is promised of every engine when processes die: each job ends, and effects that are keyed by its id happen once. */
import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Awaitable, collect, type CoroutineBody, coroutine, fromPromise, gather, sleep } from "brigade";
import { type JobFailedError, taskNames } from "@brigade/workers";
import type { Kind } from "./kinds.ts";
import { Setting, until, written } from "./setting.ts";
import type * as tasks from "./tasks.ts";

const names = taskNames<typeof tasks>();

export function deaths(kind: Kind, jobs: number): void {
  const at = new Setting(kind);

  test(
    `workers killed in the middle of ${jobs} jobs: each ends, effects keyed by its id happen once`,
    () =>
      at.connected(function* (w, queue) {
        const folder = join(at.path("effects"), "done");
        mkdirSync(folder, { recursive: true });
        const submitted = yield* w.submitMany(
          names.effect,
          Array.from({ length: jobs }, (): [string] => [folder]),
        );
        let workers = yield* fromPromise(Promise.all([at.worker(queue), at.worker(queue)]));
        for (let round = 1; round <= 3; round++) {
          yield* until("a part is done", () => readdirSync(folder).length >= (jobs * round) / 5);
          yield* fromPromise(Promise.all(workers.map((child) => at.kill(child))));
          workers = yield* fromPromise(Promise.all([at.worker(queue), at.worker(queue)]));
        }
        const ids = yield* gather(submitted.map((job) => job.result()));
        expect(new Set(ids)).toEqual(new Set(submitted.map(({ id }) => id)));
        expect(readdirSync(folder).toSorted()).toEqual(submitted.map(({ id }) => id).toSorted());
        // Redelivered are those that ran when a worker was killed, no others: three times two workers, four jobs each.
        const attempts = written(join(dirname(folder), "attempts"))
          .trim()
          .split("\n").length;
        expect(attempts).toBeLessThanOrEqual(jobs + 24);
        expect(yield* w.counts()).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 0 });
      }),
    120_000,
  );

  test(
    "a job that kills its worker four times is a dead letter that says so",
    () =>
      at.connected(function* (w, queue) {
        const file = at.path("poison");
        const job = yield* w.submit(names.poison, [file], { retries: 5 });
        let over = false;
        const keeper = (async () => {
          while (!over) {
            const child = await at.worker(queue, { concurrency: 1, lease: 1_000 });
            await new Promise((resolve) => child.once("exit", resolve));
          }
        })().catch(() => {});
        const error = yield* thrown(job.result());
        over = true;
        expect(error.message).toContain("its worker died 4 times");
        expect(written(file)).toBe("xxxx");
        expect((yield* collect(w.deadLetters())).map(({ id, attempts }) => [id, attempts])).toEqual([[job.id, 4]]);
        void keeper;
      }),
    120_000,
  );

  test("a submitter that is gone takes nothing with it: who knows the id gets the result", async () => {
    const queue = at.queue();
    const id = await at.connected(function* (w) {
      return (yield* w.submit(names.add, [20, 22])).id;
    }, queue);
    await at.worker(queue);
    const result = at.connected(function* (w) {
      return yield* w.job(id).result();
    }, queue);
    expect(await result).toBe(42);
  });

  test(
    "a worker that was paused for longer than its lease: another runs the job, and the late result is dropped",
    () =>
      at.connected(function* (w, queue) {
        const file = at.path("log");
        const first = yield* fromPromise(at.worker(queue, { concurrency: 1 }));
        const job = yield* w.submit(names.slowOnLoop, [300, file]);
        yield* until("it runs", () => written(file) === "began ");
        first.kill("SIGSTOP");
        yield* fromPromise(at.worker(queue, { concurrency: 1 }));
        expect(yield* job.result()).toBe("slept");
        first.kill("SIGCONT");
        yield* sleep(500); // it finds out
        expect([yield* job.state(), yield* job.result()]).toEqual(["completed", "slept"]);
        expect(yield* w.run(names.add, [1, 1])).toBe(2);
      }),
    60_000,
  );
}

const thrown = coroutine(function* thrown(body: Awaitable<unknown>): CoroutineBody<JobFailedError> {
  try {
    yield* body;
  } catch (error) {
    return error as JobFailedError;
  }
  throw new Error("nothing was thrown");
});
