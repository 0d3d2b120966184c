/** Being recorded changes nothing: random programs, cancelled anywhere, do and say the same with any recorder as with none. */
import type { LoopObserver, RunOptions } from "brigade";
import { recorder } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { often } from "../../often.ts";
import { carryOut, plans } from "./programs.ts";

const recorders: Readonly<Record<string, () => LoopObserver>> = {
  "a full trace": () => recorder(),
  "a full trace to a sink": () => recorder({ sink: () => {}, flushEvery: "1ms" }),
  "a flight recorder": () => recorder({ last: 64 }),
  "a flight recorder of one event": () => recorder({ last: 1 }),
  "all the lines": () => recorder({ lines: 1 }),
  "no lines": () => recorder({ lines: 0 }),
};

for (const [what, observer] of Object.entries(recorders)) {
  test(`random programs do the same with ${what} as unobserved`, { timeout: 120_000 }, async () => {
    let said = 0;
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const alone = await carryOut(plan);
        expect(await carryOut(plan, { observer: observer() })).toEqual(alone);
        said += alone.log.length;
      }),
      { numRuns: often(1_000), seed: 6 },
    );
    expect(said).toBeGreaterThan(often(5_000));
  });
}

test("random programs do the same in debug, recorded and not", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const options: RunOptions = { debug: true, slowStep: "1h", slowCleanup: "1h" };
      const alone = await carryOut(plan, options);
      expect(await carryOut(plan, { ...options, observer: recorder() })).toEqual(alone);
    }),
    { numRuns: often(300), seed: 7 },
  );
});
