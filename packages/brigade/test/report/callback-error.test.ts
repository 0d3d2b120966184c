/** An error thrown in a callback harms nobody else: it is reported, and the loop goes on. */
import { coroutine, createTask, getRunningLoop, sleep } from "brigade";
import { expect, test } from "vitest";
import { reporting } from "../virtually.ts";

test("an error thrown in a done callback is reported; the other callbacks and the awaiters get their turn", async () => {
  const error = new Error("callback failed");
  const order: string[] = [];
  const { outcome, reports } = await reporting(function* () {
    const task = createTask(sleep(1, "value"));
    task.addDoneCallback(() => void order.push("first"));
    task.addDoneCallback(() => {
      throw error;
    });
    task.addDoneCallback(() => void order.push("third"));
    return yield* task;
  });
  expect(outcome).toEqual({ status: "fulfilled", value: "value" });
  expect(order).toEqual(["first", "third"]);
  expect(reports).toHaveLength(1);
  expect(reports[0]?.kind).toBe("callback-error");
  expect(reports[0]?.error).toBe(error);
});

test("an error thrown by callSoon's or a timer's callback is reported, and the loop goes on", async () => {
  const errors = ["soon", "later", "at"].map((name) => new Error(name));
  const { outcome, reports } = await reporting(function* () {
    const loop = getRunningLoop();
    const fail = (error: Error | undefined) => () => {
      throw error;
    };
    loop.callSoon(fail(errors[0]));
    loop.callLater(1, fail(errors[1]));
    loop.callAt(loop.time() + 2, fail(errors[2]));
    yield* sleep(5);
    return "unharmed";
  });
  expect(outcome).toEqual({ status: "fulfilled", value: "unharmed" });
  expect(reports.map((report) => report.kind)).toEqual(["callback-error", "callback-error", "callback-error"]);
  expect(reports.map((report) => report.error)).toEqual(errors);
});

test("a thrown string is reported, too", async () => {
  const { reports } = await reporting(function* () {
    getRunningLoop().callSoon(() => {
      throw "not an Error";
    });
    yield* sleep(1);
  });
  expect(reports).toHaveLength(1);
  expect([reports[0]?.error, (reports[0]?.error as Error | undefined)?.cause]).toContain("not an Error");
});

test("callbacks that stood behind a throwing one run in the same iteration", async () => {
  const order: string[] = [];
  await reporting(function* () {
    const loop = getRunningLoop();
    loop.callSoon(() => {
      throw new Error("callback failed");
    });
    loop.callSoon(() => {
      order.push("behind it");
      loop.callSoon(() => void order.push("next iteration"));
    });
    yield* sleep(0);
    order.push("main, same iteration");
    yield* sleep(1);
  });
  expect(order).toEqual(["behind it", "main, same iteration", "next iteration"]);
});

test("a done callback of a task that the end of run cancels may throw without harm", async () => {
  const error = new Error("callback failed");
  const { outcome, reports } = await reporting(function* () {
    const worker = coroutine(function* worker() {
      yield* sleep("1h");
    });
    createTask(worker()).addDoneCallback(() => {
      throw error;
    });
    yield* sleep(1);
    return "value";
  });
  expect(outcome).toEqual({ status: "fulfilled", value: "value" });
  expect(reports).toMatchObject([{ kind: "callback-error", error }]);
});
