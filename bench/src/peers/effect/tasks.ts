/** Effect's fibers: switched, spawned and joined, gathered, interrupted. */
import { Effect, Exit, Fiber } from "effect";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

const HOUR_MS = 3_600_000;

const tenTurns = Effect.fnUntraced(function* () {
  let turns = 0;
  for (let i = 0; i < 10; i++) {
    yield* Effect.yieldNow;
    turns++;
  }
  return turns;
});

const identity = Effect.fnUntraced(function* (value: number) {
  return value;
});

let asleep = 0;
const sleeper = Effect.fnUntraced(function* () {
  asleep++;
  yield* Effect.sleep(HOUR_MS);
});

export const programs: Programs = {
  switch: (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const fibers: Fiber.Fiber<number>[] = [];
        for (let i = 0; i < count; i++) fibers.push(yield* Effect.forkChild(tenTurns()));
        return sum(yield* Fiber.joinAll(fibers));
      }),
    ),

  "spawn-join": (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const values = Array.from({ length: count }, (_, i) => i);
        return sum(yield* Effect.forEach(values, identity, { concurrency: "unbounded" }));
      }),
    ),

  "spawn-join-fork": (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const fibers: Fiber.Fiber<number>[] = [];
        for (let i = 0; i < count; i++) fibers.push(yield* Effect.forkChild(identity(i)));
        return sum(yield* Fiber.joinAll(fibers));
      }),
    ),

  "gather-sleep": (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const sleeps = Array.from({ length: count }, () => Effect.sleep(10));
        return (yield* Effect.all(sleeps, { concurrency: "unbounded" })).length;
      }),
    ),

  cancel: (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        asleep = 0;
        const fibers: Fiber.Fiber<void>[] = [];
        for (let i = 0; i < count; i++) fibers.push(yield* Effect.forkChild(sleeper()));
        yield* Effect.yieldNow;
        if (asleep !== count) throw new Error(`${asleep} of ${count} sleepers had started.`);
        yield* Fiber.interruptAll(fibers);
        return fibers.filter((fiber) => {
          const exit = fiber.pollUnsafe();
          return exit !== undefined && Exit.hasInterrupts(exit);
        }).length;
      }),
    ),
};
