/**
 * p-map (sindresorhus/p-map pull request 49, sindresorhus/p-map#94): after the first error the mappers in flight ran
 * on, and the iterable form kept mapping after its reader had left the loop.
 */
import { coroutine, forEach, fromPromise, gather, mapStream, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

interface Seen {
  readonly started: number[];
  readonly finished: number[];
  readonly cleaned: number[];
}
const seen = (): Seen => ({ started: [], finished: [], cleaned: [] });

/** Takes 10 ms, or fails after 5 if it is `broken`; notes when it starts, finishes and has been cut off. */
const mapper = coroutine(function* (n: number, log: Seen, broken: number) {
  log.started.push(n);
  let done = false;
  try {
    yield* sleep(n === broken ? 5 : 10);
    if (n === broken) throw new Error(`mapper ${n}`);
    done = true;
    log.finished.push(n);
    return n;
  } finally {
    if (!done) {
      yield* sleep(3);
      log.cleaned.push(n);
    }
  }
});

function* upTo(count: number): Generator<number, void, unknown> {
  for (let n = 1; n <= count; n++) yield n;
}

test("a limited gather stops what is in flight at the first error, waits for it, and starts no more", async () => {
  const log = seen();
  const main = gather(
    Array.from(upTo(100), (n) => mapper(n, log, 2)),
    { limit: 3 },
  );
  await expect(run(main, { clock: virtualClock() })).rejects.toThrow("mapper 2");
  expect(log).toEqual({ started: [1, 2, 3], finished: [], cleaned: [2, 1, 3] });
});

test("a limited forEach stops what is in flight at the first error, waits for it, and starts no more", async () => {
  const log = seen();
  const main = forEach(upTo(100), (n) => mapper(n, log, 2), { limit: 3 });
  await expect(run(main, { clock: virtualClock() })).rejects.toThrow("mapper 2");
  expect(log).toEqual({ started: [1, 2, 3], finished: [], cleaned: [2, 1, 3] });
});

test("a mapStream stops what is in flight at the first error, waits for it, and starts no more", async () => {
  const log = seen();
  const read: number[] = [];
  const main = forEach(
    mapStream(upTo(100), (n) => mapper(n, log, 2), { limit: 3 }),
    (n) => {
      read.push(n);
    },
  );
  await expect(run(main, { clock: virtualClock() })).rejects.toThrow("mapper 2");
  expect(read.filter((n) => n !== 1)).toEqual([]);
  expect(log.started.filter((n) => n > 4)).toEqual([]);
  expect(log.cleaned).toContain(2);
  expect([...log.finished, ...log.cleaned].toSorted((a, b) => a - b)).toEqual(log.started);
});

test("a mapStream stops what is in flight at the first error, though its reader is busy with an earlier result", async () => {
  const log = seen();
  const body = coroutine(function* (n: number) {
    if (n > 1) return yield* mapper(n, log, 2);
    yield* sleep(1);
    return n;
  });
  await run(
    function* () {
      const results = mapStream(upTo(100), (n) => body(n), { limit: 3 });
      expect(yield* results.next()).toEqual({ done: false, value: 1 });
      yield* sleep(100);
      expect(log.finished).toEqual([]);
      expect(log.cleaned.toSorted((a, b) => a - b)).toEqual(log.started);
      let caught: unknown;
      try {
        yield* results.next();
      } catch (error) {
        caught = error;
      }
      expect(caught).toEqual(new Error("mapper 2"));
    },
    { clock: virtualClock() },
  );
});

test("closing a mapStream stops what is in flight, waits for it, and starts no more", async () => {
  const log = seen();
  await run(
    function* () {
      const results = mapStream(upTo(100), (n) => mapper(n, log, 0), { limit: 3 });
      expect(yield* results.next()).toEqual({ done: false, value: 1 });
      yield* results.close();
      const atClose = log.started.length;
      expect(log.finished.length + log.cleaned.length).toBe(atClose);
      yield* sleep(100);
      expect(log.started).toHaveLength(atClose);
    },
    { clock: virtualClock() },
  );
  expect(log.started.length).toBeLessThanOrEqual(6);
});

test("break in a for await over a mapStream stops what is in flight and waits for it", async () => {
  const log = seen();
  await run(
    function* () {
      const results = mapStream(upTo(100), (n) => mapper(n, log, 0), { limit: 3 });
      const reading = async (): Promise<void> => {
        for await (const _ of results) break;
      };
      yield* fromPromise(reading());
      const atBreak = log.started.length;
      expect(log.finished.length + log.cleaned.length).toBe(atBreak);
      yield* sleep(100);
      expect(log.started).toHaveLength(atBreak);
    },
    { clock: virtualClock() },
  );
  expect(log.started.length).toBeLessThanOrEqual(6);
});
