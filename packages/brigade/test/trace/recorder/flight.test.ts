/** What a flight recorder tells of steps that take long, though it never looks at the clock. */
import { coroutine, createTask, run, sleep } from "brigade";
import { readTrace, recorder, STEP, TICKS, timelineOf } from "brigade/trace";
import { expect, test } from "vitest";

// Real time: what is measured is how long code blocks the loop.
test("a step that blocks the loop is told of with its length and its task, whatever the loop does next", async () => {
  const observer = recorder({ last: 1_000 });
  const spin = coroutine(function* spin() {
    for (let round = 0; round < 3; round++) {
      yield* sleep(5);
      for (const began = performance.now(); performance.now() - began < 20; );
    }
    yield* sleep(5); // with the end of the task, main's step would follow before the loop looks at the time
  });
  const main = coroutine(function* main() {
    yield* createTask(spin(), { name: "spinner" });
  });
  await run(main(), { observer });
  const trace = readTrace(observer.bytes());
  const timeline = timelineOf(trace);
  const long = [...trace.type.keys()].filter((i) => trace.type[i] === STEP && (trace.a[i] as number) >= 15 * TICKS);
  const names = long.map((i) => timeline.name(timeline.taskWithId(trace.task[i] as number)));
  // On a busy machine other steps take long as well.
  expect(names.filter((name) => name === "spinner").length).toBeGreaterThanOrEqual(3);
});
