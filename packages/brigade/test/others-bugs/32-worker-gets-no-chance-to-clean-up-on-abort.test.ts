/**
 * piscina (piscinajs/piscina#156): a task that was aborted was ended together with its worker, which had no chance to clean
 * up: no `finally` ran, and what it had opened elsewhere stayed open.
 */
import { type CoroutineBody, createTask, sleep } from "brigade";
import { describe, expect, test } from "vitest";
import { kinds, Notes, withPool } from "../node/hostile/pools.ts";
import { cancelled } from "../outcome.ts";

// Real threads and processes take real time.

function* begun(notes: Notes): CoroutineBody<void> {
  while (notes.lines.length === 0) yield* sleep(2);
}

describe.each(kinds)("in a %s", (kind) => {
  test.each([
    ["an async function that listens to workerSignal()", "waitsUntilAborted"],
    ["a coroutine function, which is unwound", "unwinds"],
    ["a loop that polls workerSignal().aborted", "spinsUntilAborted"],
    ["a loop that calls workerSignal().throwIfAborted()", "computesUntilAborted"],
  ] as const)(
    "%s cleans up before the canceller goes on; its worker is kept, with a new signal",
    async (_what, name) => {
      await withPool(kind, { size: 1, grace: "10s", obeys: true }, function* (pool) {
        using notes = new Notes();
        const worker = yield* pool.call("whoAmI");
        const call = createTask(pool.call(name, notes.file));
        yield* begun(notes);
        expect(yield* cancelled(call)).toBe("cancelled");
        expect(notes.lines).toEqual(["begun", "cleaned up"]);
        expect(yield* pool.call("whoAmI")).toBe(worker);
        expect(yield* pool.call("isAborted")).toBe(false);
      });
    },
  );

  test("coroutines are unwound from the inside out, and an error of the cleanup is the call's outcome: it is not lost", async () => {
    await withPool(kind, { size: 1, grace: "10s", obeys: true }, function* (pool) {
      using notes = new Notes();
      const nested = createTask(pool.call("nests", notes.file));
      yield* begun(notes);
      expect(yield* cancelled(nested)).toBe("cancelled");
      expect(notes.lines).toEqual(["begun", "cleaned up", "cleaned up outside"]);
      using others = new Notes();
      const failing = createTask(pool.call("failsToCleanUp", others.file));
      yield* begun(others);
      expect(yield* cancelled(failing)).toMatchObject({ error: { name: "Overdrawn", message: "while cleaning up" } });
    });
  });

  test("one that hears the abort and stays is given the grace, and then its worker is replaced", async () => {
    await withPool(kind, { size: 1, grace: 200, obeys: true }, function* (pool) {
      using notes = new Notes();
      const worker = yield* pool.call("whoAmI");
      const call = createTask(pool.call("stays", notes.file));
      yield* begun(notes);
      const began = performance.now();
      expect(yield* cancelled(call)).toBe("cancelled");
      expect(performance.now() - began).toBeGreaterThanOrEqual(195);
      expect(notes.lines).toEqual(["begun", "heard it"]);
      expect(yield* pool.call("whoAmI")).not.toBe(worker);
    });
  });
});
