/** Streams of what generators in workers give. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, createTask, sleep } from "brigade";
import { afterAll, describe, expect, test } from "vitest";
import { outcomeOf } from "../../outcome.ts";
import { kinds, thrownBy, withPool } from "./crunching.ts";

// Real threads and processes: no virtual time.

const folder = mkdtempSync(join(tmpdir(), "brigade-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, String(files++));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe.each(kinds)("a %s", (kind) => {
  test("streams generators, async generators, streams and arrays", async () => {
    await withPool(kind, {}, function* (pool) {
      expect(yield* collect(pool.stream("count", 100))).toEqual(upTo(100));
      expect(yield* collect(pool.stream("countLater", 20))).toEqual(upTo(20));
      expect(yield* collect(pool.stream("countAsStream", 20))).toEqual(upTo(20));
      expect(yield* collect(pool.stream("letters"))).toEqual(["a", "b", "c"]);
      expect(yield* pool.call("letters")).toEqual(["a", "b", "c"]);
    });
  });

  test("makes no more items than `ahead` before they are read", async () => {
    await withPool(kind, { ahead: 4 }, function* (pool) {
      const stream = pool.stream("counted");
      for (let i = 1; i <= 10; i++) expect(yield* stream.next()).toEqual({ done: false, value: i });
      yield* sleep(50); // time enough to make more
      yield* stream.close();
      const made = yield* pool.call("howMany");
      expect(made).toBeGreaterThanOrEqual(10);
      expect(made).toBeLessThanOrEqual(10 + 4 + 1); // the one that the generator stands at
    });
  });

  test("runs the generator's finally when its reader leaves early, waits for that, and is kept", async () => {
    await withPool(kind, {}, function* (pool) {
      const worker = yield* pool.call("whoAmI");
      const file = newFile();
      const stream = pool.stream("noting", file);
      yield* stream.next();
      yield* stream.close();
      expect(readFileSync(file, "utf8")).toBe("cleaned up");
      expect(yield* pool.call("whoAmI")).toBe(worker);
    });
  });

  test("tells a generator that waits by the signal, when its reader is cancelled", async () => {
    await withPool(kind, {}, function* (pool) {
      const worker = yield* pool.call("whoAmI");
      const file = newFile();
      const stream = pool.stream("waiting", file);
      yield* stream.next();
      const reading = createTask(stream.next());
      yield* sleep(5);
      reading.cancel();
      expect(yield* outcomeOf(reading)).toBe("cancelled");
      expect(existsSync(file)).toBe(true);
      expect(yield* pool.call("whoAmI")).toBe(worker);
    });
  });

  test("gives the items before an error, and then the error", async () => {
    await withPool(kind, {}, function* (pool) {
      const stream = pool.stream("failing");
      expect(yield* stream.next()).toEqual({ done: false, value: 1 });
      expect(yield* thrownBy(stream.next())).toBeInstanceOf(RangeError);
    });
  });

  test("begins nothing before the first read, and a stream that waits for a worker can be closed", async () => {
    await withPool(kind, {}, function* (pool) {
      const first = pool.stream("count", 1_000);
      yield* first.next();
      const second = pool.stream("count", 3);
      expect(pool.waiting).toBe(0);
      const reading = createTask(second.next());
      yield* sleep(0);
      expect(pool.waiting).toBe(1);
      reading.cancel();
      yield* outcomeOf(reading);
      expect(pool.waiting).toBe(0);
      yield* first.close();
    });
  });

  test("that is half read when its pool is left is ended with it", async () => {
    const file = newFile();
    await withPool(kind, {}, function* (pool) {
      yield* pool.stream("noting", file).next();
    });
    expect(readFileSync(file, "utf8")).toBe("cleaned up");
  });
});
