/** Pools at the end of their run, in several runs, and closed while calls wait. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  InvalidStateError,
  run,
  Runner,
  sleep,
  use,
} from "brigade";
import type { Pool } from "brigade/node";
import { describe, expect, test } from "vitest";
import { eventuallyLeft, held, isAlive, warmedUp } from "../left.ts";
import { errorOf, expectNothingLeft, reportsOfCutOff } from "./leaves-nothing.ts";
import { expectWorks, kinds, Notes, poolOf, type Work, withPool } from "./pools.ts";

// Real threads and processes: no virtual time.

const begun: (notes: Notes) => Coroutine<void> = coroutine(function* begun(notes: Notes): CoroutineBody<void> {
  while (notes.lines.length === 0) yield* sleep(5);
});

describe.each(kinds)("a pool of %s workers", (kind) => {
  test("that is still open and idle is ended with its run, without a word", async () => {
    await expectNothingLeft(function* () {
      expect(yield* poolOf(kind, { size: 2 }).call("echo", 1)).toBe(1);
    });
  });

  test("that never had a call leaves nothing, and needs no end", async () => {
    await expectNothingLeft(function* () {
      poolOf(kind, { size: 2 });
      yield* sleep(1);
    });
  });

  test("whose worker obeys is ended with its run: it cleaned up, and nobody was killed", async () => {
    using notes = new Notes();
    const reports = await reportsOfCutOff(function* () {
      createTask(poolOf(kind, { size: 1, obeys: true }).call("unwinds", notes.file));
      yield* begun(notes);
    });
    expect(notes.lines).toEqual(["begun", "cleaned up"]);
    expect(reports).toEqual([]);
  });

  test("whose worker is stubborn is killed with its run, and one report names pool, worker and function", async () => {
    using notes = new Notes();
    const reports = await reportsOfCutOff(function* () {
      createTask(poolOf(kind, { size: 2, grace: 100 }).call("ignoresSignals", notes.file));
      yield* begun(notes);
    });
    const killed = reports.filter((report) => report.kind === "killed");
    expect(killed).toHaveLength(1);
    expect(reports).toHaveLength(1);
    expect(killed[0]?.message).toMatch(/hostile-worker\.ts/);
    expect(killed[0]?.message).toMatch(/ignoresSignals/);
    expect(killed[0]?.message).toContain(kind);
  });

  test("waits for the grace and no longer, however stubborn its workers are", async () => {
    using notes = new Notes();
    const started = performance.now();
    await reportsOfCutOff(function* () {
      const pool = poolOf(kind, { size: 2, grace: 150, obeys: true });
      createTask(pool.call("stays", notes.file));
      createTask(pool.call("spins", notes.file));
      while (notes.lines.length < 2) yield* sleep(5);
    });
    expect(notes.lines).toContain("heard it");
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("works in one run after another, and in two at once, each with a pool of its own", async () => {
    const main = coroutine(function* (): CoroutineBody<string> {
      return yield* use(poolOf(kind, { size: 1 }), (pool: Pool<Work>) => pool.call("whoAmI"));
    });
    await warmedUp();
    const before = held();
    const first = await run(main);
    const [second, third] = await Promise.all([run(main), run(main)]);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await eventuallyLeft(before)).toEqual([]);
  });

  test("belongs to the run that used it first: another is refused with words, or served", async () => {
    await warmedUp();
    const before = held();
    const pool = poolOf(kind, { size: 1 });
    let inFirst: Promise<void> | undefined;
    const other = async (): Promise<unknown> => {
      const [outcome] = await Promise.allSettled([run(() => pool.call("echo", 2))]);
      return outcome.status === "fulfilled" ? outcome.value : outcome.reason;
    };
    let seen: unknown;
    inFirst = run(function* () {
      expect(yield* pool.call("echo", 1)).toBe(1);
      let settled = false;
      setTimeout(async () => {
        seen = await other();
        settled = true;
      }, 0);
      while (!settled) yield* sleep(5);
      expect(yield* pool.call("echo", 3)).toBe(3); // the other run has not disturbed it
    });
    await inFirst;
    if (seen !== 2) {
      expect(seen).toBeInstanceOf(InvalidStateError);
      expect((seen as Error).message).toMatch(/loop|run/);
    }
    expect(await eventuallyLeft(before)).toEqual([]);
  });

  test("serves a later run with new workers, and leaves nothing of either", async () => {
    const pool = poolOf(kind, { size: 1 });
    const workers: string[] = [];
    for (let i = 0; i < 2; i++) {
      await expectNothingLeft(function* () {
        workers.push(yield* pool.call("whoAmI"));
      });
    }
    expect(new Set(workers).size).toBe(2);
  });

  test("closed while calls run and wait ends them all with an error or their result, none is lost", async () => {
    await expectNothingLeft(function* () {
      const pool = poolOf(kind, { size: 1, grace: 100 });
      const calls = Array.from({ length: 5 }, (_, i) => createTask(pool.call("rests", 100 + i)));
      const settled = calls.map((call) => createTask(outcome(call)));
      yield* sleep(kind === "thread" ? 60 : 120); // the first one has been taken, or is about to be
      yield* pool.close();
      for (const one of settled) expect(yield* one).toMatch(/^\d+$|clos/);
      expect((yield* errorOf(pool.call("echo", 1))).message).toMatch(/clos/);
    });
  });

  test("is closed twice at once, and both wait for its end", async () => {
    await expectNothingLeft(function* () {
      const pool = poolOf(kind, { size: 2 });
      const pid = yield* pool.call("processId");
      const one = createTask(pool.close());
      const other = createTask(pool.close());
      yield* one;
      if (kind === "process") expect(isAlive(pid)).toBe(false);
      yield* other;
    });
  });

  test("left by an error or a cancellation ends its calls first, and then its workers", async () => {
    using notes = new Notes();
    await expectNothingLeft(function* () {
      const failing = use(poolOf(kind, { size: 1, obeys: true }), function* (pool) {
        createTask(outcome(createTask(pool.call("unwinds", notes.file))));
        yield* begun(notes);
        throw new RangeError("the body fails");
      });
      expect(yield* errorOf(failing)).toBeInstanceOf(RangeError);
      expect(notes.lines).toEqual(["begun", "cleaned up"]);
    });
  });

  test("runs on one loop in two runs of a Runner, and ends with it", async () => {
    await warmedUp();
    const before = held();
    const runner = new Runner();
    const pool = poolOf(kind, { size: 1 });
    const first = await runner.run(() => pool.call("whoAmI"));
    expect(await runner.run(() => pool.call("whoAmI"))).toBe(first);
    await runner.close();
    expect(await eventuallyLeft(before)).toEqual([]);
  });

  test("replaces a worker after `recycle` calls, and loses none meanwhile", async () => {
    await withPool(kind, { size: 2, recycle: 3 }, function* (pool) {
      const seen = new Set<string>();
      const answers: unknown[] = [];
      const tasks = Array.from({ length: 12 }, (_, i) => createTask(pool.call("echo", i)));
      for (const task of tasks) answers.push(yield* task);
      for (let i = 0; i < 6; i++) seen.add(yield* pool.call("whoAmI"));
      expect(answers).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect(seen.size).toBeGreaterThan(1);
      yield* expectWorks(pool);
    });
  });
});

const outcome: (task: ReturnType<typeof createTask<unknown>>) => Coroutine<string> = coroutine(function* outcome(
  task: ReturnType<typeof createTask<unknown>>,
): CoroutineBody<string> {
  try {
    return String(yield* task);
  } catch (error) {
    return (error as Error).message;
  }
});
