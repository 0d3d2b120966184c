/** What the bakery's workers can do. Each export is a task; who submits them needs only their types. */
import { existsSync } from "node:fs";
import { type CoroutineBody, sleep } from "brigade";
import { report, task, type TaskDefinition } from "@brigade/workers";

/** Bakes so many loaves, and says how far it is. */
export const bake: TaskDefinition<[loaves: number], string> = task(
  function* bake(loaves: number) {
    for (let loaf = 1; loaf <= loaves; loaf++) {
      yield* sleep("5ms");
      yield* report(loaf);
    }
    return `${loaves} loaves`;
  },
  { retries: 2, timeout: "1m" },
);

/** Watches the dough until it is told not to. */
export const watchDough: TaskDefinition<[], never> = task(function* watchDough(): CoroutineBody<never> {
  for (let minute = 1; ; minute++) {
    yield* report(minute);
    yield* sleep("10ms");
  }
});

/** Grinds flour, where the mill has its stone. */
export const grind: TaskDefinition<[stone: string], string> = task(function grind(stone: string) {
  if (!existsSync(stone)) throw new Error("the mill has no stone");
  return "flour";
});
