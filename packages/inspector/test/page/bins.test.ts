import { READY, RUNNING, WAITING } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Bins } from "../../src/page/model/bins.ts";
import { FAN, type Track, trackOf } from "../../src/page/model/track.ts";

/** Spans one after the other, with gaps. */
function trackFrom(parts: readonly (readonly [gap: number, takes: number, state: number])[]): Track {
  const start = new Float64Array(parts.length);
  const end = new Float64Array(parts.length);
  let time = 0;
  for (const [index, [gap, takes]] of parts.entries()) {
    start[index] = time + gap;
    end[index] = time = time + gap + takes;
  }
  return trackOf(
    start,
    end,
    Uint8Array.from(parts, ([, , state]) => state),
  );
}

/** What each column must hold, by looking at every span for every column. */
function expected({ start, end, state }: Track, columns: number, from: number, scale: number): number[][] {
  return Array.from({ length: columns }, (_, x) => {
    const shares = [0, 0, 0, 0];
    let longest = 0;
    for (let i = 0; i < start.length; i++) {
      const [begins, ends] = [start[i] as number, end[i] as number];
      const share = Math.min(ends, from + (x + 1) * scale) - Math.max(begins, from + x * scale);
      if (share <= 0) continue;
      shares[state?.[i] ?? 0] = (shares[state?.[i] ?? 0] ?? 0) + share / scale;
      if (state?.[i] === RUNNING) longest = Math.max(longest, ends - begins);
    }
    return [shares[RUNNING] ?? 0, shares[READY] ?? 0, shares[WAITING] ?? 0, longest];
  });
}

const spans = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom(RUNNING, WAITING, READY)),
  { maxLength: 3_000, size: "max" },
);

test("a column shows what all spans in it come to, however many are summed at once", () => {
  fc.assert(
    fc.property(
      spans,
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (parts, columns, skipped) => {
        const track = trackFrom(parts);
        const whole = track.end.at(-1) ?? 1;
        const from = whole * skipped;
        const scale = (whole - from) / columns;
        const bins = new Bins(columns);
        bins.fill(track, 0, track.start.length, from, scale);
        for (const [x, [running, ready, waiting, longest]] of expected(track, columns, from, scale).entries()) {
          expect(bins.running[x]).toBeCloseTo(running ?? 0, 4);
          expect(bins.ready[x]).toBeCloseTo(ready ?? 0, 4);
          expect(bins.waiting[x]).toBeCloseTo(waiting ?? 0, 4);
          expect(bins.longest[x]).toBeCloseTo(longest ?? 0, 4);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("only the spans of the lane are in its columns, though lanes share their memory", () => {
  const track = trackFrom(
    Array.from({ length: 400 }, (_, i) => [0, 1, i < 100 || i >= 300 ? RUNNING : WAITING] as const),
  );
  const bins = new Bins(40);
  bins.fill(track, 100, 300, 0, 10);
  expect(bins.running.every((share) => share === 0)).toBe(true);
  expect(bins.waiting.reduce((sum, share) => sum + share, 0)).toBeCloseTo(20, 4);
});

test("a long step among a million short ones is seen, whatever it is summed with", () => {
  const count = 1_000_000;
  const longOne = 500_500; // amid a block of each level
  const start = Float64Array.from({ length: count }, (_, i) => (i > longOne ? i + 4 : i));
  const end = start.map((time, i) => time + (i === longOne ? 5 : 1));
  const bins = new Bins(3);
  bins.fill(trackOf(start, end, undefined), 0, count, 0, count / 3 + 2);
  expect([...bins.longest]).toEqual([1, 5, 1]);
});

test("a million spans cost no more than their columns do", () => {
  const count = 1_000_000;
  const start = Float64Array.from({ length: count }, (_, i) => i);
  const track = trackOf(
    start,
    start.map((time) => time + 1),
    undefined,
  );
  const columns = 1_000;
  for (const share of [1, 0.31, 0.01, 0.001]) {
    const bins = new Bins(columns);
    bins.fill(track, 0, count, 0.17 * count, (count * share) / columns);
    // Up and down again through the levels, at both sides of a column.
    expect(bins.touched).toBeLessThan(columns * FAN * 2 * track.levels.length);
    expect(bins.running[10]).toBeCloseTo(1, 3);
  }
});
