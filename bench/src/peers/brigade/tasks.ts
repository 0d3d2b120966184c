/** Brigade's tasks: switched, spawned and joined, gathered, cancelled. */
import { coroutine, createTask, gather, run, sleep, wait } from "brigade";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

const HOUR_MS = 3_600_000;

const tenTurns = coroutine(function* () {
  let turns = 0;
  for (let i = 0; i < 10; i++) {
    yield* sleep(0);
    turns++;
  }
  return turns;
});

const identity = coroutine(function* (value: number) {
  return value;
});

let asleep = 0;
const sleeper = coroutine(function* () {
  asleep++;
  yield* sleep(HOUR_MS);
});

export const programs: Programs = {
  switch: (count) =>
    run(function* () {
      return sum(yield* gather(Array.from({ length: count }, () => tenTurns())));
    }),

  "spawn-join": (count) =>
    run(function* () {
      return sum(yield* gather(Array.from({ length: count }, (_, i) => identity(i))));
    }),

  "gather-sleep": (count) =>
    run(function* () {
      return (yield* gather(Array.from({ length: count }, () => sleep(10)))).length;
    }),

  cancel: (count) =>
    run(function* () {
      asleep = 0;
      const tasks = Array.from({ length: count }, () => createTask(sleeper()));
      yield* sleep(0);
      if (asleep !== count) throw new Error(`${asleep} of ${count} sleepers had started.`);
      for (const task of tasks) task.cancel();
      yield* wait(tasks);
      return tasks.filter((task) => task.cancelled).length;
    }),
};
