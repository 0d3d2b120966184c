/** Which changes can be made at once, and that no advice promises more time than there is. */
import { virtualClock } from "brigade/testing";
import { adviceReport, readTrace, recorder, type SourceReader } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fitting } from "../../../src/trace/advice/together.ts";
import type { Together } from "../../../src/trace/replay/changes.ts";
import { carryOut, plans } from "../hostile/programs.ts";

function parts(starts: readonly number[], end: number, task = 1): Together {
  return { task, starts, end, limit: Infinity };
}

test("changes of one task fit beside each other, and within one part of another", () => {
  const outer = parts([10, 20, 30], 40);
  const all = [outer, parts([11, 15], 20), parts([20, 25], 30), parts([40, 45], 50)];
  expect(new Set(fitting(all))).toEqual(new Set(all));
});

test("of two that cross, the one that comes first is kept", () => {
  const first = parts([10, 20], 30);
  const crossing = parts([15, 25], 35);
  const over = parts([12, 22], 28); // begins in one part and ends in the other
  expect(fitting([first, crossing, over])).toEqual([first]);
  expect(fitting([crossing, first])).toEqual([crossing]);
});

test("changes of other tasks are nobody's business, wherever their operations stand", () => {
  const all = [parts([10, 20], 30), parts([15, 25], 35, 2)];
  expect(fitting(all)).toHaveLength(2);
});

/** Takes everything for independent: what is asked for is then as wild as can be. */
const reckless: SourceReader = {
  sequential: (_file, awaits) => ({
    read: true,
    reasons: [],
    groups: [{ awaits: awaits.map((_, index) => index), line: 1, endLine: 2, code: "", imports: [], notes: [] }],
  }),
  loop: (_file, { line }) => ({
    read: true,
    polls: true,
    independent: true,
    reasons: [],
    line: line - 9,
    endLine: line + 9,
  }),
  limit: () => undefined,
  text: () => undefined,
};

test("random programs, cancelled anywhere: no advice fails, or saves more than the program takes", async () => {
  const sane = fc.asyncProperty(plans, fc.boolean(), async (plan, ring) => {
    const observer = recorder(ring ? { last: 50 } : { lines: 1 });
    await carryOut(plan, { observer, clock: virtualClock() });
    const report = adviceReport(readTrace(observer.bytes()), { source: reckless, minSaving: 0 });
    for (const { saving, title } of report.advice) {
      expect(saving, title).toBeGreaterThanOrEqual(0);
      expect(saving, title).toBeLessThanOrEqual(Math.max(report.recorded, report.replayed) + 1e-6);
    }
    expect(report.together).toBeLessThanOrEqual(report.replayed + 1e-6);
    expect(report.together).toBeGreaterThanOrEqual(0);
  });
  await fc.assert(sane, { numRuns: 200 });
});
