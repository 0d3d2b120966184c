/** Effect's bounded queue and semaphore. */
import { Effect, Fiber, Queue, Semaphore } from "effect";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

const produce = Effect.fnUntraced(function* (queue: Queue.Queue<number>, count: number) {
  for (let i = 0; i < count; i++) yield* Queue.offer(queue, i);
});

const holdOnce = Effect.fnUntraced(function* () {
  yield* Effect.yieldNow;
  return 1;
});

export const programs: Programs = {
  queue: (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const queue = yield* Queue.bounded<number>(16);
        const producer = yield* Effect.forkChild(produce(queue, count));
        let total = 0;
        for (let i = 0; i < count; i++) total += yield* Queue.take(queue);
        yield* Fiber.join(producer);
        return total;
      }),
    ),

  semaphore: (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const semaphore = yield* Semaphore.make(100);
        const holders = Array.from({ length: count }, () => Semaphore.withPermit(semaphore, holdOnce()));
        return sum(yield* Effect.all(holders, { concurrency: "unbounded" }));
      }),
    ),
};
