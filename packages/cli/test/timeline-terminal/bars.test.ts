/** Columns of bars against the plain definition of them. */
import { type Arbitrary, array, assert, double, integer, property, tuple } from "fast-check";
import { RUNNING, type Timeline, timelineOf, WAITING } from "brigade/trace";
import { expect, test } from "vitest";
import { barsOf, type Cell, type Window } from "../../src/timeline/bars.ts";
import { type Life, traceOf } from "./traces.ts";

/** The state that took most of the column, looked for span by span; undefined where that is too close to call. */
function cellAt(timeline: Timeline, from: number, to: number): Cell | undefined {
  const sums = { running: 0, waiting: 0, ready: 0 };
  for (let span = 0; span < timeline.spanCount; span++) {
    const state = timeline.spanState[span];
    const overlap = Math.min(to, timeline.spanEnd[span] as number) - Math.max(from, timeline.spanStart[span] as number);
    if (overlap > 0) sums[state === RUNNING ? "running" : state === WAITING ? "waiting" : "ready"] += overlap;
  }
  const [first, second] = Object.entries(sums).sort(([, a], [, b]) => b - a) as [[Cell, number], [Cell, number]];
  if (first[1] < 1e-6) return first[1] === 0 ? "nothing" : undefined;
  return first[1] - second[1] < 1e-6 ? undefined : first[0];
}

const life: Arbitrary<Life> = tuple(
  integer({ min: 0, max: 500 }),
  integer({ min: 1, max: 300 }),
  integer({ min: 0, max: 100 }),
).map(([from, waits, ready]) => ({ from, to: from + waits + ready, ready, runs: Math.min(3, waits) }));

test("each column shows the state that took most of it, whatever part of the time is looked at", () => {
  const run = (): void =>
    assert(
      property(
        array(life, { minLength: 1, maxLength: 12 }),
        integer({ min: 1, max: 40 }),
        tuple(double({ min: 0, max: 0.5, noNaN: true }), double({ min: 0.6, max: 1, noNaN: true })),
        (lives, columns, [begin, stop]) => {
          const timeline = timelineOf(traceOf(lives));
          const { start, end } = timeline;
          const window: Window = { from: start + begin * (end - start), to: start + stop * (end - start) };
          const rowOf = new Int32Array(timeline.taskCount + 1);
          const [cells = []] = barsOf(timeline, rowOf, window, { rows: 1, columns });
          const width = (window.to - window.from) / columns;
          for (let column = 0; column < columns; column++) {
            const from = window.from + column * width;
            const expected = cellAt(timeline, from, from + width);
            if (expected !== undefined && expected !== "nothing") expect(cells[column]).toBe(expected);
          }
        },
      ),
    );
  expect(run).not.toThrow();
});
