/** Workers that die: their call fails with what is known, is never lost and never run twice, and the others go on. */
import { createTask, gather, sleep } from "brigade";
import { WorkerDiedError } from "brigade/node";
import { describe, expect, test } from "vitest";
import { isAlive } from "../left.ts";
import { errorOf } from "./leaves-nothing.ts";
import { expectWorks, kinds, Notes, withPool } from "./pools.ts";

// Real threads and processes: no virtual time.

describe.each(kinds)("a %s", (kind) => {
  test("that exits fails its call with the exit code, and the call that waits runs in another", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      const first = yield* pool.call("whoAmI");
      const dying = createTask(errorOf(pool.call("exits", 3)));
      const waiting = createTask(pool.call("whoAmI"));
      expect(yield* dying).toBeInstanceOf(WorkerDiedError);
      expect(yield* dying).toMatchObject({ reason: "exit", exitCode: 3 });
      expect((yield* dying).message).toMatch(/"?exits"?/);
      expect(yield* waiting).not.toBe(first);
      // It has not answered: 0 is no better than another code.
      expect(yield* errorOf(pool.call("exits", 0))).toMatchObject({ name: "WorkerDiedError", exitCode: 0 });
    });
  });

  test("that runs out of memory fails its call with the reason, and the process of the tests lives", async () => {
    await withPool(
      kind,
      { size: 2, resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } },
      function* (pool) {
        const other = createTask(pool.call("rests", 50));
        const error = yield* errorOf(pool.call("allocates"));
        expect(error).toBeInstanceOf(WorkerDiedError);
        expect(error).toMatchObject({ reason: "out-of-memory" });
        expect(error.message).toMatch(/memory/);
        expect(yield* other).toBe(50);
      },
    );
  });

  test("that throws or rejects outside its call fails the call that runs, not the others", async () => {
    await withPool(kind, { size: 2 }, function* (pool) {
      for (const name of ["throwsLater", "rejectsLater"] as const) {
        yield* pool.call(name, 30);
        // Both workers are busy when it comes: one of these two runs in the worker that dies.
        const outcomes = yield* gather([pool.call("rests", 300), pool.call("rests", 301)], { returnExceptions: true });
        const errors = outcomes.filter((outcome) => outcome instanceof Error);
        expect(errors, name).toHaveLength(1);
        expect(errors[0], name).toBeInstanceOf(WorkerDiedError);
        expect(errors[0], name).toMatchObject({ reason: "error" });
        expect(String((errors[0] as Error).cause), name).toMatch(/outside of any call|nobody handles this/);
        yield* expectWorks(pool);
      }
    });
  });

  test("that dies while idle is replaced without a word", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      const first = yield* pool.call("whoAmI");
      yield* pool.call("exitsLater", 9, 5);
      yield* sleep(200); // it is gone by then, on a busy machine too
      expect(yield* pool.call("whoAmI")).not.toBe(first);
    });
  });

  test("that dies between two calls costs no call: one answers, or fails with words, whenever it dies", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      using notes = new Notes();
      const outcomes: string[] = [];
      for (const delay of [0, 2, 4, 5, 6, 8]) {
        try {
          yield* pool.call("exitsLater", 9, delay);
          yield* sleep(5);
          outcomes.push(yield* pool.call("noted", notes.file, `call ${delay}`));
        } catch (error) {
          expect(error).toBeInstanceOf(WorkerDiedError);
          outcomes.push("died");
        }
      }
      yield* errorOf(pool.call("exits", 9)); // the worker that is about to die has gone
      expect(outcomes).toHaveLength(6);
      const ran = notes.lines;
      expect(new Set(ran).size).toBe(ran.length); // none ran twice
      for (const outcome of outcomes) if (outcome !== "died") expect(ran).toContain(outcome);
    });
  });

  test("that dies runs its call once, unless retries says so", async () => {
    await withPool(kind, { size: 2 }, function* (pool) {
      using notes = new Notes();
      expect(yield* errorOf(pool.call("notesAndExits", notes.file))).toBeInstanceOf(WorkerDiedError);
      yield* expectWorks(pool);
      expect(notes.lines).toEqual(["ran"]);
    });
    await withPool(kind, { size: 2, retries: 2 }, function* (pool) {
      using notes = new Notes();
      expect(yield* errorOf(pool.call("notesAndExits", notes.file))).toBeInstanceOf(WorkerDiedError);
      expect(notes.lines).toEqual(["ran", "ran", "ran"]);
      // A function that throws has answered: it is never run again.
      yield* errorOf(pool.call("throwsValue", yield* pool.call("noted", notes.file, "threw")));
      expect(notes.lines.filter((line) => line === "threw")).toHaveLength(1);
    });
  });

  test("that exits in the middle of a stream fails the stream after the items before, once", async () => {
    await withPool(kind, { size: 1 }, function* (pool) {
      const exiting = pool.stream("countsAndExits", 2);
      expect((yield* exiting.next()).value).toBe(0);
      let died: Error | undefined;
      for (let i = 0; i < 3 && died === undefined; i++) {
        try {
          yield* exiting.next();
        } catch (error) {
          died = error as Error;
        }
      }
      expect(died).toBeInstanceOf(WorkerDiedError);
      expect(died).toMatchObject({ exitCode: 4 });
      yield* exiting.close();
    });
  });

  test("that dies gives its call to another as often as retries says, and the result is the last one's", async () => {
    await withPool(kind, { size: 1, retries: 3 }, function* (pool) {
      using notes = new Notes();
      // It counts its executions in the file itself.
      expect(yield* pool.call("succeedsAt", notes.file, 3)).toBe("succeeded");
      expect(notes.lines).toHaveLength(3);
    });
  });

  test("that dies in every call fails each call once: 6 deaths, 6 errors, and the 6 good ones are answered", async () => {
    await withPool(kind, { size: 2 }, function* (pool) {
      const calls = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? pool.call("exits", i) : pool.call("echo", i)));
      const outcomes = yield* gather(calls, { returnExceptions: true });
      const died = outcomes.filter((outcome): outcome is WorkerDiedError => outcome instanceof WorkerDiedError);
      expect(died.map((error) => error.exitCode)).toEqual(Array.from({ length: 6 }, (_, i) => 2 * i));
      expect(outcomes.filter((outcome) => typeof outcome === "number")).toEqual(
        Array.from({ length: 6 }, (_, i) => 2 * i + 1),
      );
    });
  });
});

describe("a process", () => {
  test("that dies of a signal fails its call with the signal", async () => {
    await withPool("process", { size: 1 }, function* (pool) {
      for (const signal of ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM"] as const) {
        const error = yield* errorOf(pool.call("signalsItself", signal));
        expect(error, signal).toBeInstanceOf(WorkerDiedError);
        expect(error, signal).toMatchObject({ reason: "signal", signal });
        expect(error.message).toContain(signal);
      }
    });
  });

  test("that is killed from outside while it is idle, starts, or works is replaced", async () => {
    await withPool("process", { size: 1 }, function* (pool) {
      for (const milliseconds of [0, 3, 10]) {
        const pid = yield* pool.call("processId");
        const outcome = createTask(gather([pool.call("rests", milliseconds)], { returnExceptions: true }));
        yield* sleep(milliseconds);
        process.kill(pid, "SIGKILL");
        const [result] = yield* outcome;
        if (result instanceof Error) expect(result).toBeInstanceOf(WorkerDiedError);
        else expect(result).toBe(milliseconds);
        while (isAlive(pid)) yield* sleep(1);
        yield* sleep(50); // the pool is told
        yield* expectWorks(pool);
      }
    });
  });

  test("keeps the end of what it wrote to stderr in the error", async () => {
    await withPool("process", { size: 1 }, function* (pool) {
      const error = yield* errorOf(pool.call("complainsAndExits", "the disk of the worker is full"));
      expect(error).toMatchObject({
        exitCode: 5,
        stderr: expect.stringContaining("the disk of the worker is full") as unknown,
      });
    });
  });
});
