/** The bars of a timeline stand where the time was spent, to one scale. */
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Answer, Attempt } from "../src/apis.ts";
import type { Enriched } from "../src/enrich.ts";
import type { Measured } from "../src/pipeline.ts";
import { drawTimeline, timelinesOf } from "../src/timeline.ts";

const began = 1_000;

function answer<T>(value: T, ...attempts: readonly Attempt[]): Answer<T> {
  return { value, attempts: attempts.map((one) => ({ ...one, start: began + one.start, end: began + one.end })) };
}
function order(id: string, pricing: Attempt[], shipping: Attempt[], inventory: Attempt[]): Enriched {
  return {
    order: { id, customer: "Ana", sku: "MUG", quantity: 1, country: "PT" },
    answers: {
      pricing: answer({ unitPrice: 1, currency: "EUR" }, ...pricing),
      shipping: answer({ carrier: "DHL", cost: 1, days: 1 }, ...shipping),
      inventory: answer({ available: 1, warehouse: "Lisbon" }, ...inventory),
    },
  };
}
function way(title: string, ...enriched: readonly Enriched[]): Measured {
  return { title, enriched, milliseconds: 1 };
}
function drawn(measured: Measured): readonly string[] {
  const [timeline] = timelinesOf([measured]).timelines;
  return timeline ? drawTimeline(timeline, 200, 20).map(stripVTControlCharacters) : [];
}

test("calls that ran one after another stand one after another", () => {
  const one = order("A", [{ start: 0, end: 100 }], [{ start: 100, end: 150 }], [{ start: 150, end: 200 }]);
  expect(drawn(way("in turn", one))).toEqual([
    "in turn: 200 ms",
    "  pricing   ██████████ 100 ms",
    "  shipping            █████ 50 ms",
    "  inventory                █████ 50 ms",
  ]);
});

test("calls that overlapped stand below each other", () => {
  const one = order("A", [{ start: 0, end: 100 }], [{ start: 0, end: 50 }], [{ start: 0, end: 1 }]);
  expect(drawn(way("at once", one))).toEqual([
    "at once: 100 ms",
    "  pricing   ██████████ 100 ms",
    "  shipping  █████ 50 ms",
    "  inventory █ 1 ms",
  ]);
});

test("a failed attempt is pale, and the backoff after it is a gap", () => {
  const failed = { start: 0, end: 60, failure: "HTTP 500" };
  const one = order("A", [failed, { start: 100, end: 150 }], [{ start: 0, end: 50 }], [{ start: 0, end: 50 }]);
  expect(drawn(way("again", one))[1]).toBe("  pricing   ░░░░░░    █████ 150 ms");
});

test("the order shown is the one of middle length, and the same in every way", () => {
  const [short, middle, long] = [10, 20, 30].map((end) => {
    const bars = [{ start: 0, end }];
    return order(`${end} ms`, bars, bars, bars);
  });
  if (!short || !middle || !long) throw new Error("three orders");
  const { orderId, timelines } = timelinesOf([way("a", long, short, middle), way("b", middle, long, short)]);
  expect(orderId).toBe("20 ms");
  expect(timelines.map(({ end }) => end)).toEqual([20, 20]);
});
