/** What Brigade's sleeping tasks hold: bytes each, and the peak of a million at once. */
import { coroutine, createTask, gather, run, sleep } from "brigade";
import { heapInUse, peakMegabytes, Sleepers } from "../../memory.ts";
import type { Programs } from "../../program.ts";

const HOUR_MS = 3_600_000;

export const programs: Programs = {
  parked: (count) => {
    const sleepers = new Sleepers(count);
    const park = coroutine(function* () {
      sleepers.fellAsleep();
      yield* sleep(HOUR_MS);
    });
    return run(function* () {
      const before = heapInUse();
      for (let i = 0; i < count; i++) createTask(park());
      yield* sleep(0);
      sleepers.assertAllAsleep();
      return (heapInUse() - before) / count;
    });
  },

  "million-sleepers": async (count) => {
    const sleepers = new Sleepers(count);
    const nap = coroutine(function* () {
      sleepers.fellAsleep();
      yield* sleep(1_000);
      sleepers.wokeUp();
    });
    await run(gather(Array.from({ length: count }, () => nap())));
    sleepers.assertAllWereAsleepAtOnce();
    return peakMegabytes();
  },
};
