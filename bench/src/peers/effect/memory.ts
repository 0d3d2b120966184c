/** What Effect's sleeping fibers hold. */
import { Effect } from "effect";
import { heapInUse, Sleepers } from "../../memory.ts";
import type { Programs } from "../../program.ts";

const HOUR_MS = 3_600_000;

export const programs: Programs = {
  parked: (count) => {
    const sleepers = new Sleepers(count);
    const park = Effect.fnUntraced(function* () {
      sleepers.fellAsleep();
      yield* Effect.sleep(HOUR_MS);
    });
    return Effect.runPromise(
      Effect.gen(function* () {
        const before = heapInUse();
        for (let i = 0; i < count; i++) yield* Effect.forkChild(park());
        yield* Effect.yieldNow;
        sleepers.assertAllAsleep();
        return (heapInUse() - before) / count;
      }),
    );
  },
};
