/** What is promised of every engine: with a worker beside the test. */
import { expect, test } from "vitest";
import {
  type Awaitable,
  collect,
  type CoroutineBody,
  coroutine,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  sleep,
} from "brigade";
import { JobCancelledError, JobFailedError, taskNames, UnknownJobError } from "@brigade/workers";
import type { Kind } from "./kinds.ts";
import { isIn, Setting, until, written } from "./setting.ts";
import type * as tasks from "./tasks.ts";

const names = taskNames<typeof tasks>();

export function claims(kind: Kind): void {
  const at = new Setting(kind);
  results(at);
  failures(at);
  keys(at);
  cancellations(at);
  order(at);
  deadLetters(at);
  schedules(at);
}

/** What `body` throws. */
const thrownBy = coroutine(function* thrownBy(body: Awaitable<unknown>): CoroutineBody<unknown> {
  try {
    yield* body;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
});

function results(at: Setting): void {
  test("every kind of function runs in the worker's processes, and gives its result", () =>
    at.served(function* ({ w }) {
      const { plain, asynchronous, generator, wrapped } = names;
      for (const task of [plain, asynchronous, generator, wrapped]) expect(yield* w.run(task, [2, 3])).toBe(5);
      expect(yield* w.run(names.add, [2, 3])).toBe(5);
      expect(yield* w.run(names.pidOnLoop, [])).toBe(process.pid);
      expect(yield* w.run(names.pidInPool, [])).not.toBe(process.pid);
    }));

  test("values arrive as they were: dates, maps, sets, bigints, bytes, errors, cycles, undefined", () =>
    at.served(function* ({ w }) {
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      const value = { date: new Date(0), map: new Map([[1n, new Set([undefined])]]), bytes: new Uint8Array([1, 2]) };
      for (const task of [names.echo, names.echoInPool]) {
        expect(yield* w.run(task, [value])).toEqual(value);
        expect(yield* w.run(task, [undefined])).toBe(undefined);
        const error = (yield* w.run(task, [new RangeError("far", { cause: 1 })])) as RangeError;
        expect([error instanceof RangeError, error.message, error.cause]).toEqual([true, "far", 1]);
        const back = (yield* w.run(task, [cycle])) as typeof cycle;
        expect(back.self).toBe(back);
      }
    }));

  test("what can't be carried is refused when it is submitted, and nothing is added", () =>
    at.connected(function* (w) {
      const error = yield* thrownBy(w.submit(names.echo, [{ deep: [() => 1] }]));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain("argument 1 of echo can't be carried to another process, at .deep[0]");
      expect(yield* w.counts()).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 0 });
    }));

  test("a result of five megabytes arrives whole, for those who waited and those who come later", () =>
    at.served(function* ({ w }) {
      const job = yield* w.submit(names.large, [5_000_000]);
      expect((yield* job.result()).length).toBe(5_000_000);
      expect(((yield* w.job(job.id).result()) as string).length).toBe(5_000_000);
    }));

  test(
    "many jobs are submitted at once, and each ends",
    () =>
      at.served(
        function* ({ w }) {
          const lists = Array.from({ length: at.kind.many }, (_, index): [number, number] => [index, 1]);
          const jobs = yield* w.submitMany(names.add, lists);
          expect(new Set(jobs.map(({ id }) => id)).size).toBe(at.kind.many);
          const sums = yield* gather(jobs.map((job) => job.result()));
          expect(sums).toEqual(lists.map(([index]) => index + 1));
        },
        { concurrency: 50 },
      ),
    60_000,
  );

  test("a task knows its job", () =>
    at.served(function* ({ w, queue }) {
      for (const task of [names.jobHere, names.jobOnLoop]) {
        const job = yield* w.submit(task, [], { key: `k ${task.taskName}` });
        const expected = { id: job.id, attempt: 1, key: `k ${task.taskName}`, task: task.taskName, queue };
        expect(yield* job.result()).toEqual(expected);
      }
    }));

  test("progress is a stream: it ends with the job, and always with the last", () =>
    at.served(function* ({ w }) {
      const job = yield* w.submit(names.steps, [8]);
      const seen = (yield* collect(job.progress())) as { step: number }[];
      expect(seen.at(-1)).toEqual({ step: 8 });
      expect(seen.map(({ step }) => step)).toEqual(seen.map(({ step }) => step).toSorted((a, b) => a - b));
      // Who comes later hears the last, and the end.
      expect((yield* collect(w.job(job.id).progress())).at(-1)).toEqual({ step: 8 });
      const burst = yield* w.submit(names.manySteps, [5_000]);
      const few = yield* collect(burst.progress());
      expect([few.at(-1), few.length < 50]).toEqual([5_000, true]);
    }));

  test("queues of one place share nothing", () =>
    at.served(function* ({ w }) {
      yield* w.run(names.add, [1, 1]);
      const other = yield* at.elsewhere(function* (elsewhere) {
        const job = yield* elsewhere.submit(names.add, [1, 2]);
        yield* sleep(300); // a worker of the other queue would have taken it
        return yield* job.state();
      });
      expect(other).toBe("waiting");
    }));

  test("a job that nobody remembers is said to be unknown", () =>
    at.connected(function* (w) {
      const job = w.job("00000000-0000-4000-8000-000000000000");
      expect(yield* job.state()).toBe(undefined);
      expect(yield* job.cancel()).toBe(false);
      expect(yield* thrownBy(job.result())).toBeInstanceOf(UnknownJobError);
      expect(yield* collect(job.progress())).toEqual([]);
    }));
}

function failures(at: Setting): void {
  test("a failure is tried again as often as retries says, and the attempts are counted", () =>
    at.served(function* ({ w }) {
      expect(yield* w.run(names.flaky, [2])).toBe(3);
      const error = (yield* thrownBy(w.run(names.flaky, [9]))) as JobFailedError;
      expect(error).toBeInstanceOf(JobFailedError);
      expect([error.attempts, error.task, error.error.name, error.error.message]).toEqual([
        4,
        "flaky",
        "RangeError",
        "attempt 4 fails",
      ]);
      expect(error.error.stack).toContain("tasks.ts");
      expect(((yield* thrownBy(w.run(names.flaky, [9], { retries: 0 }))) as JobFailedError).attempts).toBe(1);
    }));

  test("whatever is thrown is a clear failure: undefined, a text, an object that can't be looked at", () =>
    at.served(function* ({ w }) {
      for (const [kind, message] of [
        ["undefined", "a value was thrown: undefined"],
        ["text", 'a value was thrown: "just words"'],
        ["proxy", "can't be read"],
      ] as const) {
        const error = (yield* thrownBy(w.run(names.thrower, [kind]))) as JobFailedError;
        expect(error.message).toContain(message);
      }
    }));

  test("a process that ends in the middle of a job fails it, and the others go on", () =>
    at.served(function* ({ w }) {
      const jobs = yield* w.submitMany(names.plain, [
        [1, 1],
        [2, 2],
      ]);
      const error = (yield* thrownBy(w.run(names.exits, [7]))) as JobFailedError;
      expect([error.error.name, error.attempts]).toEqual(["WorkerDiedError", 1]);
      expect(error.message).toContain("exited with code 7");
      expect(yield* gather(jobs.map((job) => job.result()))).toEqual([2, 4]);
    }));

  test("an attempt that takes longer than its timeout is a failure, and is cleaned up", () =>
    at.served(function* ({ w }) {
      yield* w.run(names.pidInPool, []); // the start of a process belongs to the time of its first attempt
      for (const task of [names.slow, names.slowOnLoop]) {
        const log = at.path("log");
        const error = (yield* thrownBy(w.run(task, [60_000, log], { timeout: "800ms" }))) as JobFailedError;
        expect(error.message).toContain(`${task.taskName} did not end within 800 ms`);
        expect(written(log)).toBe("began cleaned ");
      }
    }));

  test("a result that can't be carried, and a task that the worker does not have, are failures that say so", () =>
    at.served(function* ({ w }) {
      const unsendable = (yield* thrownBy(w.run(names.unsendable, []))) as JobFailedError;
      expect(unsendable.message).toContain(
        "the result of unsendable can't be carried to another process, at .inner[0]",
      );
      const missing = (yield* thrownBy(w.run({ taskName: "gone" }, [], { retries: 1, backoff: 1 }))) as JobFailedError;
      expect([missing.attempts, missing.message]).toEqual([
        2,
        expect.stringContaining('this worker has no task "gone"'),
      ]);
    }));
}

function keys(at: Setting): void {
  test("the same key is the same job, also after its end, in any program", () =>
    at.served(function* ({ w, queue }) {
      const log = at.path("log");
      const key = `größe/1 \u{1F600} '"\n\0\ud800`; // not every database takes the last two
      const first = yield* w.submit(names.log, [log, "x"], { key });
      const second = yield* w.submit(names.log, [log, "y"], { key });
      yield* second.result();
      const third = yield* at.elsewhere(keyed, queue);
      expect([first.id, first.existed, second.id, second.existed, third]).toEqual([
        first.id,
        false,
        first.id,
        true,
        [first.id, true],
      ]);
      expect(written(log)).toBe("x");
      expect((yield* w.submit(names.add, [1, 1], { key })).existed).toBe(false); // another task's
      const many = yield* w.submitMany(
        names.add,
        [
          [1, 1],
          [2, 2],
          [1, 1],
        ],
        { key: (a) => `n${a}` },
      );
      expect(new Set(many.map(({ id }) => id)).size).toBe(2);

      function* keyed(elsewhere: typeof w): CoroutineBody<[string, boolean]> {
        const job = yield* elsewhere.submit(names.log, [log, "z"], { key });
        yield* job.result();
        return [job.id, job.existed];
      }
    }));
}

function cancellations(at: Setting): void {
  test(
    "a cancelled job that waits never runs",
    () =>
      at.connected(function* (w, queue) {
        const log = at.path("log");
        const waiting = yield* w.submit(names.log, [log, "x"]);
        const delayed = yield* w.submit(names.log, [log, "y"], { delay: "1h" });
        expect([yield* waiting.state(), yield* delayed.state()]).toEqual(["waiting", "delayed"]);
        for (const job of [waiting, delayed]) {
          expect(yield* job.cancel()).toBe(true);
          expect(yield* job.state()).toBe("cancelled");
          expect(yield* job.cancel()).toBe(false);
          expect(yield* thrownBy(job.result())).toBeInstanceOf(JobCancelledError);
        }
        expect(yield* w.counts()).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 0 });
        const last = yield* w.submit(names.log, [log, "z"]);
        yield* fromPromise(at.worker(queue));
        yield* last.result();
        expect(written(log)).toBe("z");
      }),
    30_000,
  );

  test("a cancelled job that runs is cancelled on its worker, with its cleanup", () =>
    at.served(function* ({ w }) {
      for (const task of [names.slow, names.slowOnLoop]) {
        const log = at.path("log");
        const job = yield* w.submit(task, [60_000, log]);
        yield* until("it runs", () => written(log) === "began ");
        expect(yield* job.cancel()).toBe(true);
        expect(yield* thrownBy(job.result())).toBeInstanceOf(JobCancelledError);
        expect(written(log)).toBe("began cleaned ");
        expect([yield* job.state(), yield* job.cancel()]).toEqual(["cancelled", false]);
      }
    }));

  test("cancelling run() cancels the job, and waits until that is settled", () =>
    at.served(function* ({ w }) {
      const log = at.path("log");
      const running = createTask(w.run(names.slowOnLoop, [60_000, log]));
      yield* until("it runs", () => written(log) === "began ");
      running.cancel();
      yield* thrownBy(running);
      expect(written(log)).toBe("began cleaned ");
      expect((yield* w.counts()).running).toBe(0);
    }));

  test("a job that has ended can't be cancelled; its result stays", () =>
    at.served(function* ({ w }) {
      const job = yield* w.submit(names.add, [1, 2]);
      yield* job.result();
      expect([yield* job.cancel(), yield* job.result()]).toEqual([false, 3]);
    }));

  test(
    "a worker that stops takes no job, gives what runs its grace, and hands the rest back uncounted",
    () =>
      at.served(
        function* ({ w, queue, stop, events }) {
          const [short, long] = [at.path("short"), at.path("long")];
          const ends = yield* w.submit(names.slowOnLoop, [600, short]);
          const stays = yield* w.submit(names.slow, [60_000, long]);
          yield* until("both run", () => written(short) !== "" && written(long) !== "");
          const later = createTask(stop());
          yield* sleep(100);
          const unseen = yield* w.submit(names.add, [1, 1]);
          yield* later;
          expect(yield* ends.result()).toBe("slept");
          expect(written(long)).toBe("began cleaned ");
          expect([yield* stays.state(), yield* unseen.state()]).toEqual(["waiting", "waiting"]);
          expect(events.at(-1)).toMatchObject({ kind: "handed-back", task: "slow", attempt: 1 });
          yield* fromPromise(at.worker(queue));
          yield* until("another worker runs it", () => written(long) === "began cleaned began ");
          expect(yield* unseen.result()).toBe(2);
          yield* stays.cancel();
          yield* thrownBy(stays.result());
        },
        { grace: 1_500 },
      ),
    30_000,
  );
}

function order(at: Setting): void {
  test(
    "the larger priority goes first, equals in the order they came",
    () =>
      at.connected(function* (w, queue) {
        const log = at.path("log");
        const jobs = [];
        for (const [what, priority] of [
          ["c", 0],
          ["d", 0],
          ["e", -5],
          ["a", 1000],
          ["b", 7],
        ] as const)
          jobs.push(yield* w.submit(names.log, [log, what], { priority }));
        yield* fromPromise(at.worker(queue, { concurrency: 1 }));
        yield* gather(jobs.map((job) => job.result()));
        expect(written(log)).toBe("abcde");
      }),
    30_000,
  );

  test("a delayed job waits at least so long", () =>
    at.served(function* ({ w }) {
      const begun = Date.now();
      const job = yield* w.submit(names.limited, [], { delay: "1s" });
      expect(yield* job.state()).toBe("delayed");
      expect((yield* job.result()) - begun).toBeGreaterThanOrEqual(1_000);
    }));

  test(
    "a rate holds over all workers, and others' jobs pass those that wait for their turn",
    () =>
      at.served(function* ({ w, queue }) {
        yield* fromPromise(at.worker(queue));
        const jobs = yield* w.submitMany(
          names.limited,
          Array.from({ length: 12 }, (): [] => []),
        );
        expect(yield* w.run(names.add, [1, 1])).toBe(2);
        const starts = (yield* gather(jobs.map((job) => job.result()))).toSorted((a, b) => a - b);
        // At most five in any second; a tenth of a second of tolerance, for the clocks of two processes and late timers.
        for (let index = 5; index < starts.length; index++)
          expect((starts[index] as number) - (starts[index - 5] as number)).toBeGreaterThanOrEqual(900);
      }),
    40_000,
  );
}

function deadLetters(at: Setting): void {
  test(
    "dead letters can be listed, put back, and discarded",
    () =>
      at.served(function* ({ w }) {
        const log = at.path("log");
        for (const key of ["one", "two", "three"]) yield* thrownBy(w.run(names.fails, [log], { key }));
        const letters = yield* collect(w.deadLetters());
        expect(letters.map(({ task, args, key, attempts, error }) => [task, args, key, attempts, error.name])).toEqual(
          ["one", "two", "three"].map((key) => ["fails", [log], key, 1, "SyntaxError"]),
        );
        expect((letters[0]?.failedAt.getTime() ?? 0) > Date.now() - 60_000).toBe(true);
        const ids = letters.map(({ id }) => id);
        expect(yield* w.job(ids[0] as string).state()).toBe("dead");
        expect(yield* w.putBack(ids.slice(0, 1))).toBe(1);
        yield* until("it has failed again", () => written(log).length === 4);
        yield* until("it is dead again", () => isIn(w.job(ids[0] as string), "dead"));
        expect((yield* collect(w.deadLetters())).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
        expect(yield* w.discard([ids[1] as string, "00000000-0000-4000-8000-000000000000"])).toBe(1);
        expect((yield* w.counts()).dead).toBe(2);
        expect([yield* w.discard("all"), yield* w.discard("all"), yield* collect(w.deadLetters())]).toEqual([2, 0, []]);
        // What is forgotten may be submitted as new.
        const again = yield* w.submit(names.fails, [log], { key: "one" });
        expect(again.existed).toBe(false);
      }),
    30_000,
  );
}

function schedules(at: Setting): void {
  test(
    "a schedule submits jobs by the clock until it is ended",
    () =>
      at.served(function* ({ w }) {
        const [cron, every] = [at.path("cron"), at.path("every")];
        yield* w.schedule(names.log, [cron, "c"], { key: "by the second", cron: "* * * * * *" });
        yield* w.schedule(names.log, [every, "x"], { key: "often", every: "1h" });
        yield* w.schedule(names.log, [every, "e"], { key: "often", every: "1s" });
        const listed = (yield* w.schedules()).toSorted((a, b) => (a.key < b.key ? -1 : 1));
        expect(listed.map(({ key, task, args, cron, every }) => [key, task, args, cron, every])).toEqual([
          ["by the second", "log", [cron, "c"], "* * * * * *", undefined],
          ["often", "log", [every, "e"], undefined, 1_000],
        ]);
        yield* until(
          "both have run twice",
          () => written(cron).length >= 2 && written(every).replace("x", "").length >= 2,
        );
        expect([
          yield* w.unschedule("by the second"),
          yield* w.unschedule("often"),
          yield* w.unschedule("often"),
        ]).toEqual([true, true, false]);
        expect(yield* w.schedules()).toEqual([]);
        yield* sleep(1_500); // what was due is submitted
        const seen = written(cron).length;
        yield* moveOnAfter(
          "1500ms",
          until("never", () => written(cron).length > seen),
        );
        expect(written(cron).length).toBe(seen);
      }),
    60_000,
  );
}
