import { expect, test } from "vitest";
import { Timeline } from "../../src/fetch/timeline/timeline.ts";
import { failed, made, randomNumbers } from "../meter/results.ts";

const indexOf = (url: string): number => Number(url.slice(url.lastIndexOf("/") + 1));

test("every request is kept while there are few, in the order in which they left", () => {
  const timeline = new Timeline();
  timeline.add(made({ index: 1, began: 0, waiting: 50 }));
  timeline.add(made({ index: 2, began: 10 }));
  timeline.add(made({ index: 3, began: 5 }));
  expect(timeline.bars().map(({ url }) => indexOf(url))).toEqual([3, 2, 1]);
  expect([timeline.seen, timeline.every]).toEqual([3, 1]);
});

test("of many requests one in a power of two is kept, evenly", () => {
  const timeline = new Timeline({ bars: 1_000, slowest: 0 });
  for (let index = 0; index < 100_000; index++) timeline.add(made({ index, began: index }));
  const kept = timeline.bars().map(({ url }) => indexOf(url));
  expect(timeline.every).toBe(128);
  expect(kept).toEqual(Array.from({ length: Math.ceil(100_000 / 128) }, (_, place) => place * 128));
});

test("the slowest are kept, and so are the failed, evenly where there are too many", () => {
  const random = randomNumbers(3);
  const times = Array.from({ length: 50_000 }, () => random() * 1_000);
  const timeline = new Timeline({ bars: 100, slowest: 20, failed: 50 });
  times.forEach((response, index) => {
    const of = { index, began: index, response };
    timeline.add(index % 1_000 === 500 ? failed("ReadTimeout", "no answer", of) : made(of));
  });
  const kept = new Set(timeline.bars().map(({ url }) => indexOf(url)));
  const slowest = times
    .map((time, index) => ({ time, index }))
    .toSorted((a, b) => b.time - a.time)
    .slice(0, 20);
  expect(slowest.filter(({ index }) => !kept.has(index))).toEqual([]);
  expect([timeline.failed, timeline.everyFailed]).toEqual([50, 1]);
  expect(timeline.bars().filter(({ error }) => error !== undefined)).toHaveLength(50);
  expect(kept.size).toBeLessThanOrEqual(100 + 20 + 50);
});

test("a run that only fails, and gets slower and slower, is bounded as well", () => {
  const timeline = new Timeline({ bars: 100, slowest: 20, failed: 50 });
  for (let index = 0; index < 100_000; index++)
    timeline.add(failed("ReadTimeout", "", { index, began: index, response: index }));
  expect(timeline.bars().length).toBeLessThanOrEqual(170);
  expect(timeline.everyFailed).toBe(2_048);
  expect(timeline.bars().at(-1)?.response).toBe(99_999);
});

test("what earlier attempts took is told apart from the last one", () => {
  const timeline = new Timeline();
  timeline.add(made({ attempts: 3, waiting: 100, retries: 70, connect: 1, response: 20, body: 9 }));
  expect(timeline.bars()[0]).toMatchObject({ waiting: 100, retries: 70, connect: 1, response: 20, body: 9 });
});

test("a URL that was never sent is not drawn, and no password is kept", () => {
  const timeline = new Timeline();
  timeline.add(failed("InvalidRequestError", "no scheme", { attempts: 0 }));
  timeline.add(made({ url: "https://me:secret@a.example/" }));
  expect(timeline.bars().map(({ url }) => url)).toEqual(["https://***@a.example/"]);
});
