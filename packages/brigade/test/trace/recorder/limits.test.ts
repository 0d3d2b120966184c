/** What a recorder tells of tasks that wait for room. */
import { coroutine, gather, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { criticalPath, readTrace, recorder, timelineOf } from "brigade/trace";
import { expect, test } from "vitest";

const one = coroutine(function* one(i: number) {
  yield* sleep(10 + i);
});

test("the critical path of a gather with a limit goes over to the child that made room", async () => {
  const observer = recorder();
  const children = [1, 2, 3, 4, 5, 6].map((i) => one(i));
  await run(gather(children, { limit: 2 }), { observer, clock: virtualClock() });
  const timeline = timelineOf(readTrace(observer.bytes()));
  const waits = [...criticalPath(timeline)].filter(({ start, end }) => end > start);
  expect(waits.map(({ start, end }) => [start, end])).toEqual([
    [0, 12],
    [12, 26],
    [26, 42],
  ]);
  expect(waits.every(({ place }) => timeline.place(place).kind === "sleep")).toBe(true);
});
