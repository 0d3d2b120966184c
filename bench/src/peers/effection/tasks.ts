/** Effection's tasks: switched, spawned and joined, gathered, halted. */
import { all, type Operation, run, sleep, spawn, type Task } from "effection";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";
import { turn } from "./turn.ts";

const HOUR_MS = 3_600_000;

function* tenTurns(): Operation<number> {
  let turns = 0;
  for (let i = 0; i < 10; i++) {
    yield* turn;
    turns++;
  }
  return turns;
}

function* identity(value: number): Operation<number> {
  return value;
}

let asleep = 0;
function* sleeper(): Operation<void> {
  asleep++;
  yield* sleep(HOUR_MS);
}

export const programs: Programs = {
  switch: (count) =>
    run(function* () {
      return sum(yield* all(Array.from({ length: count }, () => tenTurns())));
    }),

  "spawn-join": (count) =>
    run(function* () {
      return sum(yield* all(Array.from({ length: count }, (_, i) => identity(i))));
    }),

  "gather-sleep": (count) =>
    run(function* () {
      return (yield* all(Array.from({ length: count }, () => sleep(10)))).length;
    }),

  cancel: (count) =>
    run(function* () {
      asleep = 0;
      const tasks: Task<void>[] = [];
      for (let i = 0; i < count; i++) tasks.push(yield* spawn(sleeper));
      yield* sleep(0);
      if (asleep !== count) throw new Error(`${asleep} of ${count} sleepers had started.`);
      let halted = 0;
      for (const task of tasks) {
        yield* task.halt();
        halted++;
      }
      return halted;
    }),
};
