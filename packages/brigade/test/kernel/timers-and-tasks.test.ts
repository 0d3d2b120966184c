/** What is kept in order while other things are dropped from among it, or made later. */
import { allTasks, coroutine, createTask, gather, getRunningLoop, sleep } from "brigade";
import { expect, test } from "vitest";
import { virtually } from "../virtually.ts";

test("cancelled timers that are dropped from among the others change nothing in their order", async () => {
  for (let step = 2; step < 50; step++) {
    const ran: number[] = [];
    await virtually(function* () {
      const loop = getRunningLoop();
      const times = Array.from({ length: 100 }, (_, index) => ((index * step) % 101) + 1);
      const handles = times.map((time) => loop.callLater(time, () => void ran.push(time)));
      // The earliest are cancelled: more than half, which are dropped at once.
      handles.forEach((handle, index) => (times[index] as number) <= 70 && handle.cancel());
      yield* sleep(200);
    });
    expect(ran).toEqual(ran.toSorted((a, b) => a - b));
    expect(ran.length).toBeGreaterThan(25);
  }
});

test("allTasks gives the children of a gather before tasks that were made after them", async () => {
  const child = coroutine(function* child() {
    yield* sleep(1);
  });
  const names = await virtually(function* () {
    const gathering = createTask(gather([child(), child()]), { name: "gathering" });
    yield* sleep(0);
    const later = createTask(child(), { name: "later" });
    const found = [...allTasks()].map((task) => task.name);
    yield* gather([gathering, later]);
    return found;
  });
  expect(names).toEqual(["main", "gathering", "Task-1", "Task-2", "later"]);
});
