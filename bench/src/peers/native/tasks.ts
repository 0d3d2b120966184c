/** Async functions under Promise.all: switched, spawned and joined, gathered, aborted. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

const HOUR_MS = 3_600_000;

async function tenTurns(): Promise<number> {
  let turns = 0;
  for (let i = 0; i < 10; i++) {
    // oxlint-disable-next-line typescript/await-thenable -- the cheapest native switch waits for nothing
    await undefined;
    turns++;
  }
  return turns;
}

async function identity(value: number): Promise<number> {
  return value;
}

let asleep = 0;
/** Gives 1 when its sleep was aborted. */
async function sleeper(signal: AbortSignal): Promise<number> {
  asleep++;
  try {
    await sleep(HOUR_MS, undefined, { signal });
    return 0;
  } catch (error) {
    if (signal.aborted) return 1;
    throw error;
  }
}

export const programs: Programs = {
  switch: async (count) => sum(await Promise.all(Array.from({ length: count }, () => tenTurns()))),

  "spawn-join": async (count) => sum(await Promise.all(Array.from({ length: count }, (_, i) => identity(i)))),

  "gather-sleep": async (count) => (await Promise.all(Array.from({ length: count }, () => sleep(10)))).length,

  cancel: async (count) => {
    asleep = 0;
    const controllers = Array.from({ length: count }, () => new AbortController());
    const sleepers = controllers.map((controller) => sleeper(controller.signal));
    if (asleep !== count) throw new Error(`${asleep} of ${count} sleepers had started.`);
    for (const controller of controllers) controller.abort();
    return sum(await Promise.all(sleepers));
  },
};
