/** Cancelled calls: the function in the worker is told, has its grace, and is killed with the worker after it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Coroutine, type CoroutineBody, coroutine, createTask, sleep, TimeoutError, timeout } from "brigade";
import { workerSignal } from "brigade/node";
import { afterAll, describe, expect, test } from "vitest";
import { cancelled, outcomeOf } from "../../outcome.ts";
import { kinds, thrownBy, withPool } from "./crunching.ts";

// Real threads and processes: no virtual time.

const folder = mkdtempSync(join(tmpdir(), "brigade-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, String(files++));

const begun: (file: string) => Coroutine<void> = coroutine(function* begun(file: string): CoroutineBody<void> {
  while (!existsSync(file)) yield* sleep(2);
});

describe.each(kinds)("a %s", (kind) => {
  test.each(["waitPolitely", "waitAsTask"] as const)("cleans up after %s, and is kept", async (name) => {
    await withPool(kind, {}, function* (pool) {
      const worker = yield* pool.call("whoAmI");
      const file = newFile();
      const call = createTask(pool.call(name, file));
      yield* begun(file);
      expect(yield* cancelled(call)).toBe("cancelled");
      expect(readFileSync(file, "utf8")).toBe("cleaned up"); // before the canceller went on
      expect(yield* pool.call("whoAmI")).toBe(worker);
    });
  });

  test("that is busy sees the cancellation, and its reason, when it looks at the signal", async () => {
    await withPool(kind, { grace: "10s" }, function* (pool) {
      const worker = yield* pool.call("whoAmI");
      const file = newFile();
      const call = createTask(pool.call("spinPolitely", file));
      yield* begun(file);
      expect(yield* cancelled(call, "no longer wanted")).toBe("cancelled");
      expect(readFileSync(file, "utf8")).toBe("cancelled: no longer wanted");
      expect(yield* pool.call("whoAmI")).toBe(worker);
    });
  });

  test("that does not end in its grace is killed and replaced, and the others go on", async () => {
    await withPool(kind, { size: 2, grace: 50 }, function* (pool) {
      const file = newFile();
      const stubborn = createTask(pool.call("begin", file));
      yield* begun(file);
      const other = createTask(pool.call("addLater", 1, 2));
      const start = performance.now();
      expect(yield* cancelled(stubborn)).toBe("cancelled");
      expect(performance.now() - start).toBeGreaterThanOrEqual(49);
      expect(yield* other).toBe(3);
      expect(yield* pool.call("add", 1, 1)).toBe(2);
    });
  });

  test("whose function fails in its cleanup loses no error: it is the outcome", async () => {
    await withPool(kind, {}, function* (pool) {
      const file = newFile();
      const call = createTask(pool.call("failWhenCancelled", file));
      yield* begun(file);
      const outcome = yield* cancelled(call);
      expect(outcome).toMatchObject({ error: { name: "RangeError", message: "the cleanup failed" } });
    });
  });

  test("under a timeout: the function is told, and TimeoutError is what the caller sees", async () => {
    await withPool(kind, {}, function* (pool) {
      yield* pool.call("add", 0, 0);
      const file = newFile();
      expect(yield* thrownBy(timeout(200, pool.call("waitPolitely", file)))).toBeInstanceOf(TimeoutError);
      expect(readFileSync(file, "utf8")).toBe("cleaned up");
    });
  });

  test("is cancelled a second time, which changes nothing", async () => {
    await withPool(kind, { grace: 100 }, function* (pool) {
      const file = newFile();
      const call = createTask(pool.call("begin", file));
      yield* begun(file);
      const start = performance.now();
      expect(call.cancel()).toBe(true);
      yield* sleep(60);
      expect(call.cancel()).toBe(false);
      expect(yield* outcomeOf(call)).toBe("cancelled");
      expect(performance.now() - start).toBeGreaterThanOrEqual(99);
    });
  });

  test("that has not taken the call never sees it", async () => {
    await withPool(kind, {}, function* (pool) {
      yield* pool.call("add", 0, 0);
      const first = createTask(pool.call("spin", 400));
      const file = newFile();
      const second = createTask(pool.call("begin", file));
      yield* sleep(0);
      expect(yield* cancelled(second)).toBe("cancelled");
      expect(pool.waiting).toBe(0);
      yield* first;
      expect(existsSync(file)).toBe(false);
    });
  });
});

test("outside of a call there is no signal", () => {
  expect(() => workerSignal()).toThrow("no call of a pool runs here");
});
