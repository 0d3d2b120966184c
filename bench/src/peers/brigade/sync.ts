/** Brigade's bounded queue and semaphore. */
import { coroutine, createTask, gather, Queue, run, Semaphore, sleep } from "brigade";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

const produce = coroutine(function* (queue: Queue<number>, count: number) {
  for (let i = 0; i < count; i++) yield* queue.put(i);
});

const holdOnce = coroutine(function* (semaphore: Semaphore) {
  using _permit = yield* semaphore.acquire();
  yield* sleep(0);
  return 1;
});

export const programs: Programs = {
  queue: (count) =>
    run(function* () {
      const queue = new Queue<number>({ maxSize: 16 });
      const producer = createTask(produce(queue, count));
      let total = 0;
      for (let i = 0; i < count; i++) total += yield* queue.get();
      yield* producer;
      return total;
    }),

  semaphore: (count) =>
    run(function* () {
      const semaphore = new Semaphore(100);
      return sum(yield* gather(Array.from({ length: count }, () => holdOnce(semaphore))));
    }),
};
