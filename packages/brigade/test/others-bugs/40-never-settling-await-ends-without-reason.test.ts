/**
 * Node (its documentation of exit codes): a top-level await that can never settle ends the process with code 13 and a
 * warning that names the awaiting line of the entry file at best, never who waits for what.
 */
import { coroutine, createTask, DeadlockError, Event, Queue, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { startProgram } from "./programs/start-program.ts";

test("a main that waits for nothing that can come ends its process with a report of every waiting task", async () => {
  const { code, stderr } = await startProgram("waits-for-nothing.ts").ended;
  expect(stderr).toContain("DeadlockError");
  expect(stderr).toContain("main");
  expect(stderr).toContain("forgotten child");
  expect(stderr).toContain("waitingForNothing");
  expect(stderr).toMatch(/Event/);
  expect(code).toBe(1);
});

test("so does one that waits for a promise nobody can settle, after it has been unwound", async () => {
  const { code, stdout, stderr } = await startProgram("waits-for-a-promise.ts").ended;
  expect(stderr).toContain("DeadlockError");
  expect(stderr).toContain("waitingForPromise");
  expect(stdout).toBe("unwound\n");
  expect(code).toBe(1);
});

test("so does one that waits for a call which does not heed that it was aborted", async () => {
  const { code, stdout, stderr } = await startProgram("waits-for-a-deaf-call.ts").ended;
  expect(stderr).toContain("DeadlockError");
  expect(stderr).toContain("waitingForPromise");
  expect(stdout).toBe("unwound\n");
  expect(code).toBe(1);
});

test("in virtual time the deadlock is found at once", async () => {
  const before = performance.now();
  const waiting = coroutine(function* waitingForItem() {
    return yield* new Queue<string>().get();
  });
  const error: unknown = await run(waiting(), { clock: virtualClock(), onReport: () => {} }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeadlockError);
  if (!(error instanceof DeadlockError)) return;
  expect(error.tasks.map((task) => task.name)).toEqual(["main"]);
  expect(error.message).toContain("waitingForItem");
  expect(error.message).toMatch(/Queue/);
  expect(performance.now() - before).toBeLessThan(1000);
});

test("a signal that could still cancel main is no deadlock", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const outcome = run(new Event().wait(), { signal: controller.signal, clock: virtualClock() });
  await expect(outcome).rejects.toMatchObject({ name: "CancelledError" });
});

test("a task that waits for nothing does not make a deadlock of a main that can end", async () => {
  const stuck = coroutine(function* () {
    yield* new Event().wait();
  });
  const main = coroutine(function* () {
    createTask(stuck());
    yield* sleep(10);
    return "value";
  });
  expect(await run(main, { clock: virtualClock() })).toBe("value");
});
