/** What sleeping async functions hold: bytes each, and the peak of a million at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { heapInUse, peakMegabytes, Sleepers } from "../../memory.ts";
import type { Programs } from "../../program.ts";

const HOUR_MS = 3_600_000;

export const programs: Programs = {
  parked: async (count) => {
    const sleepers = new Sleepers(count);
    const park = async (): Promise<void> => {
      sleepers.fellAsleep();
      await sleep(HOUR_MS);
    };
    const before = heapInUse();
    for (let i = 0; i < count; i++) void park();
    sleepers.assertAllAsleep();
    return (heapInUse() - before) / count;
  },

  "million-sleepers": async (count) => {
    const sleepers = new Sleepers(count);
    const nap = async (): Promise<void> => {
      sleepers.fellAsleep();
      await sleep(1_000);
      sleepers.wokeUp();
    };
    await Promise.all(Array.from({ length: count }, () => nap()));
    sleepers.assertAllWereAsleepAtOnce();
    return peakMegabytes();
  },
};
