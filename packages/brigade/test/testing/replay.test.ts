/** What `explore` found is shown as short as can be, and `replay` runs it again step by step. */
import { coroutine, createTask, gather, getRunningLoop, Lock, sleep, timeout } from "brigade";
import { ExplorationError, explore, replay } from "brigade/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode } from "../../src/testing/seed.ts";

/** Fails when the third task goes first and the first one last. */
const program = coroutine(function* main() {
  let names = "";
  const work = coroutine(function* work(name: string) {
    yield* sleep(5);
    names += name;
    yield* sleep(5);
  });
  yield* gather([work("a"), work("b"), work("c"), work("d")]);
  if (names.startsWith("c") && names.endsWith("a")) throw new Error(`the order was ${names}`);
});

async function found(options: Parameters<typeof explore>[1] = {}): Promise<ExplorationError> {
  const error: unknown = await explore(program, options).catch((caught) => caught);
  if (!(error instanceof ExplorationError)) throw new Error("explore found nothing", { cause: error });
  return error;
}

test("the schedule that is shown has no choice that it does not need", async () => {
  for (const seed of [1, 2, 3]) {
    for (const strategy of ["random", "pct"] as const) {
      const { schedule, message } = await found({ seed, strategy });
      const deviations = schedule.filter((choice) => choice > 0).length;
      expect(deviations).toBeLessThanOrEqual(3);
      expect(message).toContain(`differs from first in, first out by ${deviations} choices`);
      for (const [at, choice] of schedule.entries()) {
        if (choice === 0) continue;
        const without = encode({
          choices: schedule.with(at, 0),
          cancelAnywhere: false,
          leaks: false,
          maxSteps: 10_000,
        });
        await replay(program, without);
      }
    }
  }
});

test("the timeline says for each step when it was, whose, what woke it, what it did, and where it waits", async () => {
  const lock = coroutine(function* main() {
    const shared = new Lock();
    const holder = coroutine(function* holder() {
      using _held = yield* shared.acquire();
      yield* timeout("1s", sleep(5));
    });
    const first = createTask(holder(), { name: "first" });
    yield* sleep(1);
    const second = createTask(holder(), { name: "second" });
    getRunningLoop().callLater(2, () => {});
    yield* first;
    second.cancel();
    yield* sleep(1);
    throw new Error("the end");
  });
  const error = await explore(lock, { schedules: 1 }).catch((caught: unknown) => caught);
  const places = /( at replay\.test\.ts):\d+/g;
  expect((error as ExplorationError).timeline.replaceAll(places, "$1").split("\n")).toEqual([
    '0 ms  main    starts; creates "first"; waits for sleep "1 ms" at replay.test.ts',
    '0 ms  first   starts; waits for sleep "5 ms" at replay.test.ts',
    '1 ms  main    goes on after sleep "1 ms"; creates "second"; waits for task "first" at replay.test.ts',
    "1 ms  second  starts; waits for Lock.acquire at replay.test.ts",
    "3 ms  loop    calls back",
    '5 ms  first   goes on after sleep "5 ms"; ends',
    '5 ms  second  goes on after Lock.acquire, woken by "first"; waits for sleep "5 ms" at replay.test.ts',
    '5 ms  main    goes on after task "first", woken by "first"; waits for sleep "1 ms" at replay.test.ts',
    '5 ms  second  unwinds from sleep "5 ms", woken by "main"; ends cancelled',
    '6 ms  main    goes on after sleep "1 ms"; fails: Error: the end',
  ]);
});

test("replay fails in the same way, with the same timeline", async () => {
  const error = await found();
  for (const again of [() => replay(program, error.seed), () => error.replay()]) {
    const replayed: unknown = await again().catch((caught: unknown) => caught);
    expect(replayed).toBeInstanceOf(ExplorationError);
    expect((replayed as ExplorationError).timeline).toBe(error.timeline);
    expect((replayed as ExplorationError).cause).toMatchObject({ message: (error.cause as Error).message });
  }
  expect(error.message).toContain(error.timeline);
  expect(error.message).toContain(`replay(program, "${error.seed}")`);
});

test("replay of a program that was mended gives what happens now", async () => {
  const { seed } = await found();
  const { timeline } = await replay(() => sleep(1, "mended"), seed);
  expect(timeline).toBe('0 ms  main  starts; waits for sleep "1 ms"\n1 ms  main  goes on after sleep "1 ms"; ends');
});

test("what is no seed is refused", async () => {
  for (const seed of ["", "7", "s1-", "s1-3", "s2-3.1", "s1-3.1 ", "s1x"]) {
    await expect(replay(program, seed)).rejects.toThrow(RangeError);
  }
  await expect(replay(program, 7 as never)).rejects.toThrow("is no schedule");
  await expect(replay(program, "s1-zzzzzzz.1")).rejects.toThrow("more choices than a schedule has");
});

test("a seed keeps every choice and what the schedule was run with", () => {
  const plans = fc.record({
    choices: fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 50 }))),
    cancelAnywhere: fc.boolean(),
    leaks: fc.boolean(),
    maxSteps: fc.integer({ min: 1, max: 100_000 }),
  });
  fc.assert(
    fc.property(plans, (plan) => {
      const choices = plan.choices.slice(0, plan.choices.findLastIndex((choice) => choice > 0) + 1);
      expect(decode(encode(plan))).toEqual({ ...plan, choices });
    }),
  );
});
