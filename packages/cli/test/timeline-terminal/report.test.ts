/** What stands around the bars: the sums, the places, the chain that the time was made of. */
import type { Place } from "brigade/trace";
import { expect, test } from "vitest";
import { timelineText } from "../../src/timeline/show-timeline.ts";
import { type Life, traceOf } from "./traces.ts";

const file = "/app/shop.ts";
const picture = {
  file: "t.brigade",
  depth: 9,
  rows: 40,
  width: 90,
  colors: false,
  unicode: true,
  task: undefined,
  from: undefined,
  to: undefined,
};

const at = (kind: string, name: string, line: number): Place => ({
  kind,
  frames: [{ name, file, line, column: 3 }],
  exact: true,
});

function text(lives: readonly Life[], options?: Parameters<typeof traceOf>[1]): string {
  return timelineText(traceOf(lives, options), picture).join("\n");
}

test("places are told with the time that tasks waited there, how often, the longest, and file and line", () => {
  const shown = text([
    { name: "main", from: 0, to: 1_000, place: at("gather", "main", 3) },
    { coroutine: "users", parent: 1, from: 0, to: 1_000, place: { ...at("sleep", "users", 12), label: "1 s" } },
    { coroutine: "price", parent: 1, from: 0, to: 300, place: at("Semaphore.acquire", "price", 20) },
    { coroutine: "price", parent: 1, from: 0, to: 200, place: at("Semaphore.acquire", "price", 20) },
  ]);
  expect(shown).toContain("Of the waiting: sleep 67 %, Semaphore.acquire 33 %.");
  expect(shown).toMatch(/^ +1\.0 s +1 +1\.0 s {2}sleep 1 s in users \(\/app\/shop\.ts:12:3\)$/m);
  expect(shown.replace(/Its 1[^]*/, "")).not.toMatch(/gather in main/); // those wait for the others
});

test("a step that blocks the loop is told with where it began and ended", () => {
  const shown = text([{ name: "main", from: 0, to: 1_000, runs: 400, place: at("sleep", "main", 7) }]);
  expect(shown).toMatch(
    /The loop was blocked\n.*\n +400 ms +0 ms {2}of main, from its beginning to main \(\/app\/shop\.ts:7:3\)/,
  );
  expect(shown).toContain("The loop was busy for 400 ms (40 %).");
  expect(text([{ name: "main", from: 0, to: 1_000, runs: 5 }])).not.toContain("blocked");
});

test("what the program's time was made of adds up by place", () => {
  const shown = text([{ name: "main", from: 0, to: 1_000, runs: 100, place: at("sleep", "main", 7) }]);
  expect(shown).toMatch(
    /Its 1\.0 s were made of\n +900 ms +90 % {2}sleep in main \(\/app\/shop\.ts:7:3\)\n +100 ms +10 % {2}steps of work$/,
  );
});

test("events that are missing, and an end that is missing, are told", () => {
  const main: Life = { name: "main", from: 0, to: 10 };
  expect(text([main], { open: true })).toContain("It has no end: the program was ended in the middle, or runs still.");
  const trace = { ...traceOf([main]), lost: 1_234 };
  expect(timelineText(trace, picture).join("\n")).toContain("1,234 events are not in it.");
});

test("a trace without tasks is said to be one", () => {
  expect(text([])).toContain("There are no tasks in it.");
});

test("nothing that stands in a trace reaches the terminal as a command", () => {
  const evil = "\u001b]0;title\u0007\u001b[2J\u009b31m";
  const place = { kind: evil, label: evil, frames: [{ name: evil, file: evil, line: 1 }], exact: true };
  const shown = text([{ name: evil, coroutine: evil, from: 0, to: 1_000, runs: 200, place }]);
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
});
