/** What becomes of jobs, of those who wait for them and of workers when Redis goes away. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createTask, Event, fromPromise, gather, run, sleep, use } from "brigade";
import { bullmq, EngineError, type Job, taskNames, worker, workers } from "@brigade/workers";
import { redisServer } from "../../../../data/test/servers/redis.ts";
import { until } from "../../suite/setting.ts";
import type * as tasks from "../../suite/tasks.ts";

const names = taskNames<typeof tasks>();
const TASKS = new URL("../../suite/tasks.ts", import.meta.url);
const quiet = (): void => {};

/** Of sockets and pipes. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

test(
  "Redis is killed and comes back in the middle of many jobs: each ends, and who waits hears of it",
  () =>
    run(
      use(redisServer(), function* (server) {
        const engine = bullmq(server.url);
        yield* use(workers({ engine, trouble: quiet }), function* (w) {
          const stop = new Event();
          const serving = createTask(worker(TASKS, { engine, stop, lease: "1500ms", concurrency: 8, onEvent: quiet }));
          const jobs = yield* w.submitMany(
            names.add,
            Array.from({ length: 600 }, (_, index): [number, number] => [index, 1]),
          );
          const results = createTask(gather(jobs.map((job) => job.result())));
          yield* (jobs[50] as Job<number>).result();
          yield* fromPromise(() => server.kill());
          yield* sleep(300); // calls are made in vain
          yield* fromPromise(() => server.restart());
          expect(yield* results).toEqual(jobs.map((_, index) => index + 1));
          expect(yield* w.run(names.add, [1, 1])).toBe(2);
          stop.set();
          yield* serving;
        });
      }),
    ),
  60_000,
);

test("a worker stops, and a connection closes, while Redis is gone; sockets are given back", async () => {
  const before = descriptors();
  await run(
    use(redisServer(), function* (server) {
      const engine = bullmq(server.url);
      yield* use(workers({ engine, trouble: quiet }), function* (w) {
        const stop = new Event();
        const options = { engine, stop, grace: 100, onEvent: quiet };
        const serving = createTask(worker(TASKS, options));
        expect(yield* w.run(names.add, [1, 1])).toBe(2);
        yield* fromPromise(() => server.kill());
        const begun = performance.now();
        stop.set();
        yield* serving;
        expect(performance.now() - begun).toBeLessThan(15_000);
      });
    }),
  );
  await run(until("its descriptors are given back", () => descriptors() <= before));
}, 60_000);

test(
  "a wrong password, no password, no server: an error that says what to do, and no secret",
  () =>
    run(
      use(redisServer({ password: "s3cret-of-the-server" }), function* (server) {
        const places = [
          [`redis://:wr0ng-passw0rd@127.0.0.1:${server.port}`, "refuses the user name or the password"],
          [`redis://127.0.0.1:${server.port}`, "wants a password"],
          ["redis://:wr0ng-passw0rd@127.0.0.1:9", "can't be reached"],
        ] as const;
        for (const [place, words] of places) {
          let error: unknown;
          try {
            yield* use(workers({ engine: bullmq(place) }), () => sleep(0));
          } catch (thrown) {
            error = thrown;
          }
          expect(error).toBeInstanceOf(EngineError);
          expect((error as Error).message).toContain(words);
          expect((error as Error).message).toContain("Redis at 127.0.0.1:");
          const { inspect } = yield* fromPromise(import("node:util"));
          expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("passw0rd");
        }
      }),
    ),
  30_000,
);

test("what is no address of Redis is a TypeError that does not show it", () => {
  expect(() => bullmq("localhost:6379/wr0ng")).toThrow(TypeError);
  expect(() => bullmq("http://user:passw0rd@example.org/x")).toThrow(/redis:\/\/host/);
  expect(() => bullmq("http://user:passw0rd@example.org/x")).not.toThrow(/passw0rd/);
});
