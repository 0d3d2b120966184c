/** A task that failed while nobody looked is reported: when it is collected, or when run ends. */
import {
  type Awaitable,
  coroutine,
  createTask,
  fromPromise,
  gather,
  getRunningLoop,
  race,
  type Report,
  run,
  sleep,
  taskGroup,
  wait,
} from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

const failing = coroutine(function* failing(error: unknown) {
  yield* sleep(1);
  throw error;
});

test("a task that failed and nobody looked is reported when run ends, with its error and its name", async () => {
  const error = new Error("no stock");
  const { outcome, reports } = await reporting(function* () {
    createTask(failing(error), { name: "pricing" });
    yield* sleep(5);
  });
  expect(outcome.status).toBe("fulfilled");
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ kind: "unretrieved-error", error });
  expect(reports[0]?.error).toBe(error);
  expect(reports[0]?.message).toContain("pricing");
});

test("every such task is reported, in the order in which they were made, or failed", async () => {
  const { reports } = await reporting(function* () {
    for (let i = 0; i < 3; i++) createTask(failing(new Error(`error ${i}`)));
    yield* sleep(5);
  });
  expect(reports.map((report) => (report.error as Error).message)).toEqual(["error 0", "error 1", "error 2"]);
});

test("awaiting, result(), exception() and then all count as looking", async () => {
  const error = new Error("no stock");
  await virtually(function* () {
    const make = () => createTask(failing(error));
    const looks = [make(), make(), make(), make(), make(), make()] as const;
    yield* outcomeOf(looks[0]);
    yield* sleep(5);
    expect(() => looks[1].result()).toThrow(error);
    expect(looks[2].exception()).toBe(error);
    yield* fromPromise(looks[3].then(undefined, () => undefined));
    yield* outcomeOf(createTask(gather([looks[4]])));
    yield* outcomeOf(createTask(race([looks[5], sleep(1)])));
  });
});

test("an error that came through gather, race or a group is retrieved by whoever catches theirs", async () => {
  await virtually(function* () {
    const catches = coroutine(function* catches(awaitable: Awaitable<unknown>) {
      try {
        yield* awaitable;
      } catch {
        return "caught";
      }
      return "no error";
    });
    expect(yield* catches(gather([failing(new Error("a")), failing(new Error("b"))]))).toBe("caught");
    expect(yield* catches(race([failing(new Error("a")), sleep(10)]))).toBe("caught");
    expect(
      yield* catches(
        taskGroup(function* (group) {
          group.createTask(failing(new Error("a")));
          group.createTask(failing(new Error("b")));
          yield* sleep(10);
        }),
      ),
    ).toBe("caught");
    const [result] = yield* gather([failing(new Error("a"))], { returnExceptions: true });
    expect(result).toBeInstanceOf(Error);
  });
});

test("a done callback, wait and done do not count as looking", async () => {
  const { reports } = await reporting(function* () {
    const task = createTask(failing(new Error("no stock")));
    task.addDoneCallback(() => undefined);
    yield* wait([task]);
    expect([task.done, task.cancelled]).toEqual([true, false]);
  });
  expect(reports.map((report) => report.kind)).toEqual(["unretrieved-error"]);
});

test("a cancelled task is no error, whether or not anybody looked", async () => {
  await virtually(function* () {
    const task = createTask(sleep("1h"));
    createTask(sleep("1h"));
    yield* sleep(1);
    task.cancel();
    yield* sleep(1);
    expect(task.cancelled).toBe(true);
  });
});

test("an error of a cancelled task's cleanup that nobody looked at is reported", async () => {
  const error = new Error("cleanup failed");
  const { reports } = await reporting(function* () {
    const task = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          throw error;
        }
      })(),
    );
    yield* sleep(1);
    task.cancel();
    yield* sleep(1);
  });
  expect(reports).toMatchObject([{ kind: "unretrieved-error", error }]);
});

test("a string that was thrown is reported as it is", async () => {
  const { reports } = await reporting(function* () {
    createTask(failing("no stock"));
    yield* sleep(5);
  });
  expect(reports).toHaveLength(1);
  expect([reports[0]?.error, (reports[0]?.error as Error | undefined)?.cause]).toContain("no stock");
});

test("a failed task that is collected is reported then, before run ends", { timeout: 20_000 }, async () => {
  expect(globalThis.gc, "the tests run with --expose-gc").toBeTypeOf("function");
  const reports: Report[] = [];
  let reportedInTime = false;
  // Real time: it is the host that collects, and tells in its own turn.
  await run(
    function* () {
      const make = () => void createTask(failing(new Error("no stock")), { name: "forgotten" });
      make();
      yield* sleep(5);
      for (let i = 0; i < 200 && reports.length === 0; i++) {
        globalThis.gc?.();
        yield* sleep(5);
      }
      reportedInTime = reports.length > 0;
    },
    { onReport: (report) => reports.push(report) },
  );
  expect(reportedInTime).toBe(true);
  expect(reports).toHaveLength(1);
  expect(reports[0]?.kind).toBe("unretrieved-error");
  expect(reports[0]?.error).toMatchObject({ message: "no stock" });
  expect(reports[0]?.message).toContain("forgotten");
});

test("an error that is looked at late, but before run ends, is not reported", async () => {
  await virtually(function* () {
    const task = createTask(failing(new Error("no stock")));
    yield* sleep(1_000);
    globalThis.gc?.();
    yield* sleep(1_000);
    expect(task.exception()?.message).toBe("no stock");
  });
});

test("an eager task that failed at once and nobody looked is reported", async () => {
  const error = new Error("no stock");
  const { reports } = await reporting(function* () {
    createTask(
      coroutine(function* bad() {
        throw error;
      })(),
      { eager: true },
    );
    yield* sleep(1);
  });
  expect(reports).toMatchObject([{ kind: "unretrieved-error", error }]);
});

test("a loop's own createTask reports like the free one", async () => {
  const error = new Error("no stock");
  const { reports } = await reporting(function* () {
    getRunningLoop().callSoon(() => void getRunningLoop().createTask(failing(error)));
    yield* sleep(5);
  });
  expect(reports).toMatchObject([{ kind: "unretrieved-error", error }]);
});
