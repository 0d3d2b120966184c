/** What Effection's sleeping tasks hold. */
import { type Operation, run, sleep, spawn } from "effection";
import { heapInUse, Sleepers } from "../../memory.ts";
import type { Programs } from "../../program.ts";

const HOUR_MS = 3_600_000;

export const programs: Programs = {
  parked: (count) => {
    const sleepers = new Sleepers(count);
    function* park(): Operation<void> {
      sleepers.fellAsleep();
      yield* sleep(HOUR_MS);
    }
    return run(function* () {
      const before = heapInUse();
      for (let i = 0; i < count; i++) {
        void (yield* spawn(park));
      }
      yield* sleep(0);
      sleepers.assertAllAsleep();
      return (heapInUse() - before) / count;
    });
  },
};
