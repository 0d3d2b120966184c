/**
 * asyncio (gh-83803, bpo-39622): Ctrl-C raised KeyboardInterrupt wherever the loop happened to be, so that callbacks
 * were lost, tasks were left half run, and the loop could not be used again.
 */
import { CancelledError, coroutine, createTask, run, sleep, taskGroup } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { startProgram } from "./programs/start-program.ts";

test("SIGINT unwinds main and its tasks with their awaits, and the same runner runs again", async () => {
  const program = startProgram("interrupted.ts");
  await program.printed("ready");
  program.signal("SIGINT");
  const { code, stdout, stderr } = await program.ended;
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(1, 3).toSorted()).toEqual(["child cleaned up", "main cleaned up"]);
  expect(lines.slice(3)).toEqual(["interrupted by CancelledError", "runner works", "run works", "0 listeners left"]);
  expect(code).toBe(0);
});

test("SIGTERM does the same", async () => {
  const program = startProgram("interrupted.ts");
  await program.printed("ready");
  program.signal("SIGTERM");
  const { code, stdout, stderr } = await program.ended;
  expect(stderr).toBe("");
  expect(stdout).toContain("runner works");
  expect(code).toBe(0);
});

test("SIGINT reaches a loop that is never idle, and every task is unwound once", async () => {
  const program = startProgram("interrupted-busy.ts");
  await program.printed("ready");
  program.signal("SIGINT");
  const { code, stdout, stderr } = await program.ended;
  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n")).toEqual(["ready", "1000 stopped"]);
  expect(code).toBe(0);
});

test("a second SIGINT ends the process at once, whatever the cleanup waits for", async () => {
  const program = startProgram("interrupted-twice.ts");
  await program.printed("ready");
  program.signal("SIGINT");
  await program.printed("cleanup began");
  const before = performance.now();
  program.signal("SIGINT");
  const { code, signal, stdout } = await program.ended;
  expect(performance.now() - before).toBeLessThan(2000);
  expect(stdout).not.toContain("cleanup ended");
  expect(code === 130 || signal === "SIGINT", `code ${code}, signal ${signal}`).toBe(true);
});

test("a signal that fires in the middle of a step takes effect at the step's end, and nothing is torn", async () => {
  const log: string[] = [];
  const controller = new AbortController();
  const worker = coroutine(function* () {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(5);
      log.push("worker stopped");
    }
  });
  const main = coroutine(function* () {
    yield* taskGroup(function* (group) {
      group.createTask(worker());
      createTask(worker());
      yield* sleep(1);
      controller.abort(new Error("stop"));
      log.push("step ended");
      yield* sleep(1);
      log.push("not reached");
    });
  });
  await expect(run(main, { clock: virtualClock(), signal: controller.signal })).rejects.toBeInstanceOf(CancelledError);
  expect(log).toEqual(["step ended", "worker stopped", "worker stopped"]);
  expect(await run(sleep(1, "works"), { clock: virtualClock() })).toBe("works");
});
