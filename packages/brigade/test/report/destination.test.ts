/** A report goes to the first there is of loop.setExceptionHandler, onReport and the console, with the task's name. */
import { coroutine, createTask, getRunningLoop, type Report, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { reporting } from "../virtually.ts";

const REAL = { timeout: 20_000 };

const failing = coroutine(function* failing() {
  yield* sleep(1);
  throw new Error("no stock");
});

const forgets = coroutine(function* forgets(handler?: (report: Report) => void) {
  if (handler !== undefined) getRunningLoop().setExceptionHandler(handler);
  createTask(failing(), { name: "pricing" });
  yield* sleep(5);
});

test("the loop's exception handler gets reports before onReport does", async () => {
  const handled: Report[] = [];
  const { reports } = await reporting(forgets((report) => handled.push(report)));
  expect(reports).toEqual([]);
  expect(handled.map((report) => report.kind)).toEqual(["unretrieved-error"]);
  expect(handled[0]?.message).toContain("pricing");
});

test("onReport gets them when no handler is set, or when it was taken away", async () => {
  const handled: Report[] = [];
  const { reports } = await reporting(function* () {
    const loop = getRunningLoop();
    loop.setExceptionHandler((report) => handled.push(report));
    loop.setExceptionHandler(undefined);
    yield* forgets();
  });
  expect(handled).toEqual([]);
  expect(reports.map((report) => report.kind)).toEqual(["unretrieved-error"]);
});

test("a handler that throws does not harm the loop", async () => {
  const { outcome } = await reporting(function* () {
    getRunningLoop().setExceptionHandler(() => {
      throw new Error("handler failed");
    });
    getRunningLoop().callSoon(() => {
      throw new Error("callback failed");
    });
    yield* sleep(5);
    return "unharmed";
  });
  expect(outcome).toEqual({ status: "fulfilled", value: "unharmed" });
});

test("an onReport that throws does not harm run's result", async () => {
  const onReport = () => {
    throw new Error("onReport failed");
  };
  expect(await run(forgets(), { clock: virtualClock(), onReport }).then(() => "unharmed")).toBe("unharmed");
});

test("a handler of one loop gets nothing of another's", async () => {
  const one: Report[] = [];
  const two: Report[] = [];
  await Promise.all([
    reporting(forgets((report) => one.push(report))),
    reporting(function* () {
      getRunningLoop().setExceptionHandler((report) => two.push(report));
      yield* sleep(10);
    }),
  ]);
  expect(one).toHaveLength(1);
  expect(two).toEqual([]);
});

test("without either, a report goes to the console, with the task's name and the error's stack", REAL, async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { coroutine, createTask, run, sleep } from "brigade";
    const failing = coroutine(function* failing() { yield* sleep(1); throw new Error("no stock"); });
    const bakeCake = coroutine(function* bakeCake() { yield* sleep(1); });
    await run(function* () {
      createTask(failing(), { name: "pricing" });
      bakeCake();
      yield* sleep(5);
    });
    console.log("ended");
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "ended\n" });
  for (const words of ["pricing", "no stock", "bakeCake"]) expect(stderr).toContain(words);
});

test("a program without mistakes prints nothing of the runtime's own", REAL, async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { createTask, gather, run, sleep, timeout } from "brigade";
    await run(function* () {
      createTask(sleep("1h"));
      yield* gather([sleep(1), timeout("1m", sleep(2))]);
    }, { debug: true });
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("every report has a kind and a message that says more than the kind", async () => {
  const { reports } = await reporting(function* () {
    failing();
    createTask(failing());
    getRunningLoop().callSoon(() => {
      throw new Error("callback failed");
    });
    yield* sleep(5);
  });
  expect(reports.map((report) => report.kind).toSorted()).toEqual([
    "callback-error",
    "never-awaited",
    "unretrieved-error",
  ]);
  for (const report of reports) expect(report.message.length).toBeGreaterThan(report.kind.length + 5);
});
