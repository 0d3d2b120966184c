/** What the loop does to the process it lives in: it keeps it alive while something is awaited, and leaves nothing behind. */
import { expect, test } from "vitest";
import { runProgram } from "../program.ts";

const REAL = { timeout: 20_000 };

test("the process stays alive while a task sleeps", REAL, async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { run, sleep } from "brigade";
    run(function* () { yield* sleep(300); console.log("slept"); });
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "slept\n", stderr: "" });
});

test("the process stays alive while a task waits for I/O that it started", REAL, async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { createServer } from "node:http";
    import { fromPromise, run } from "brigade";
    run(function* () {
      const server = createServer((_, response) => setTimeout(() => response.end("late"), 200));
      yield* fromPromise(new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)));
      const url = "http://127.0.0.1:" + server.address().port;
      const response = yield* fromPromise((signal) => fetch(url, { signal }));
      console.log(yield* fromPromise(response.text()));
      server.closeAllConnections();
      yield* fromPromise(new Promise((resolve) => server.close(resolve)));
    });
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "late\n", stderr: "" });
});

test("the process ends at once when run has, whatever timers its loop still had", REAL, async () => {
  const { code, stdout, stderr, elapsed } = await runProgram(`
    import { createTask, getRunningLoop, run, sleep, timeout } from "brigade";
    await run(function* () {
      getRunningLoop().callLater("1h", () => console.log("never"));
      createTask(sleep("1h"));
      yield* timeout("1h", sleep(1));
      yield* sleep(1);
    });
    console.log("done");
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "done\n", stderr: "" });
  expect(elapsed).toBeLessThan(10_000);
});

test("a cancelled sleep does not keep the process alive", REAL, async () => {
  const { code, stdout, elapsed } = await runProgram(`
    import { createTask, Runner, sleep } from "brigade";
    const runner = new Runner();
    await runner.run(function* () {
      const task = createTask(sleep("1h"));
      yield* sleep(1);
      task.cancel();
      yield* sleep(1);
    });
    console.log("done");
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
  expect(elapsed).toBeLessThan(10_000);
});

test("importing the package starts nothing and changes nothing in the process", REAL, async () => {
  const { code, stdout } = await runProgram(`
    const before = [process.eventNames(), Object.getOwnPropertyNames(globalThis), Error.stackTraceLimit, Error.prepareStackTrace];
    await import("brigade");
    const after = [process.eventNames(), Object.getOwnPropertyNames(globalThis), Error.stackTraceLimit, Error.prepareStackTrace];
    console.log(JSON.stringify(before) === JSON.stringify(after), process.getActiveResourcesInfo().length);
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "true 0\n" });
});

/** A program that does the hard things many times, then prints what is left of them in the process. */
const LEFTOVERS = `
  import { getEventListeners } from "node:events";
  import {
    createTask, currentSignal, fromPromise, gather, moveOnAfter, race, run, shield, sleep, taskGroup, timeout, toPromise,
  } from "brigade";

  const count = () => ({
    resources: process.getActiveResourcesInfo().sort(),
    listeners: Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)])),
  });
  const never = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  const quietly = function* (body) { try { return yield* body; } catch (error) { return error; } };
  const cleaning = function* () { try { yield* sleep("1h"); } finally { yield* sleep(1); } };
  let tasks = 0;
  const observer = { taskCreated() { tasks++; }, taskDone() { tasks--; } };
  const controller = new AbortController();
  process.on("exit", () => {});
  const before = count();

  for (let round = 0; round < 20; round++) {
    await run(function* () {
      yield* quietly(timeout(1, cleaning()));
      yield* quietly(moveOnAfter(1, fromPromise(never)));
      yield* quietly(timeout(1, shield(sleep(2))));
      yield* quietly(taskGroup(function* (group) {
        group.createTask(cleaning());
        group.createTask(fromPromise(never));
        yield* sleep(1);
        currentSignal();
        throw new Error("the body fails");
      }));
      yield* quietly(race([sleep("1h"), fromPromise(never), sleep(1)]));
      yield* quietly(gather([cleaning(), sleep(1), fromPromise(Promise.reject(new Error("no")))]));
      const promised = toPromise(cleaning());
      promised.catch(() => {});
      const task = createTask(cleaning());
      yield* sleep(1);
      task.cancel();
      task.cancel();
      createTask(cleaning());
      createTask(fromPromise(never));
      yield* sleep(1);
    }, { signal: controller.signal, handleSignals: true, observer, onReport() {} });
  }
  const aborted = new AbortController();
  setTimeout(() => aborted.abort(), 5);
  await run(cleaning(), { signal: aborted.signal, handleSignals: true, observer }).catch(() => {});
  await run(function* () { throw new Error("main fails"); }, { signal: controller.signal, handleSignals: true, observer }).catch(() => {});

  // One turn of the host, in which handles that were closed go.
  await new Promise((resolve) => setImmediate(resolve));
  const signals = getEventListeners(controller.signal, "abort").length + getEventListeners(aborted.signal, "abort").length;
  console.log(JSON.stringify({ before, after: count(), tasks, signals }));
`;

test("after timeouts, groups, races, cancellations and signals no listener, timer or task is left", REAL, async () => {
  const { code, stdout, stderr } = await runProgram(LEFTOVERS);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { before, after, tasks, signals } = JSON.parse(stdout) as {
    before: unknown;
    after: unknown;
    tasks: number;
    signals: number;
  };
  expect(after).toEqual(before);
  expect({ tasks, signals }).toEqual({ tasks: 0, signals: 0 });
});
