/** Going through the tasks of a program that goes on meanwhile; dumps and reports of it. */
import { coroutine, createTask, gather, getRunningLoop, Lock, run, sleep, timeout } from "brigade";
import { virtualClock } from "brigade/testing";
import { dump, liveCycles, postMortemText, recorder } from "brigade/trace";
import { expect, test } from "vitest";
import { walk } from "../../../src/trace/live/walk.ts";
import type { TaskHome } from "../../../src/task/home.ts";
import { virtually } from "../../virtually.ts";

const forever = coroutine(function* forever() {
  yield* sleep("1h");
});

test("tasks that end while they are gone through are left out, and none is met twice", async () => {
  await virtually(function* () {
    const tasks = Array.from({ length: 10 }, (_, i) => createTask(forever(), { name: `${i}` }));
    yield* sleep(1);
    const seen: string[] = [];
    for (const task of walk(getRunningLoop() as unknown as TaskHome)) {
      seen.push(task.name);
      if (task.name === "2") for (const i of [2, 3, 4]) tasks[i]?.cancel();
      if (task.name === "2") yield* sleep(1);
    }
    expect(seen).toEqual(["main", "0", "1", "2", "5", "6", "7", "8", "9"]);
  });
});

test("tasks that are made while they are gone through are not met: a program that makes them without end does not hold the walk up", async () => {
  await virtually(function* () {
    let met = 0;
    for (const _task of walk(getRunningLoop() as unknown as TaskHome)) {
      met++;
      createTask(forever());
    }
    expect(met).toBe(1);
  });
});

test("a walk that is given up leaves no mark in the loop's list", async () => {
  await virtually(function* () {
    const loop = getRunningLoop() as unknown as TaskHome;
    createTask(forever());
    for (const _task of walk(loop)) break;
    expect([...loop.unfinished()]).toHaveLength(2);
    const [first] = loop.unfinished();
    const listed: unknown[] = [];
    for (let at = first; at; at = at.following) listed.push(at);
    expect(listed).toHaveLength(2);
  });
});

test("two walks at once do not disturb each other", async () => {
  await virtually(function* () {
    createTask(forever(), { name: "a" });
    createTask(forever(), { name: "b" });
    const loop = getRunningLoop() as unknown as TaskHome;
    const seen: string[] = [];
    for (const outer of walk(loop)) for (const inner of walk(loop)) seen.push(`${outer.name} ${inner.name}`);
    expect(seen).toHaveLength(9);
  });
});

test("children of gather that have not begun are neither met nor made tasks by looking", async () => {
  await virtually(function* () {
    const names: string[] = [];
    const look = coroutine(function* look() {
      for (const { name } of walk(getRunningLoop() as unknown as TaskHome)) names.push(name);
    });
    yield* gather([look(), briefly()]);
    expect(names).toEqual(["main"]);
  });
});

const briefly = coroutine(function* briefly() {
  yield* sleep(1);
});

const both = coroutine(function* both(first: Lock, second: Lock) {
  using _first = yield* first.acquire();
  yield* sleep(1);
  using _second = yield* second.acquire();
});

test("a dump has a piece for each task, with what it waits for, who holds that, and its frames", async () => {
  const observer = recorder({ last: 1_000 });
  await run(
    function* () {
      const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
      createTask(both(db, cache), { name: "A" });
      createTask(both(cache, db), { name: "B" });
      yield* sleep(5);
      const pieces: string[] = [];
      expect(dump((piece) => pieces.push(piece), observer)).toBe(3);
      expect(pieces[1]).toMatch(
        /^task "A" \(number 2, made by task 1, 5.0 ms old\) waiting 4.0 ms for Lock.acquire of lock `cache`, held by B \(3\)\n {4}at both \(.*walk\.test\.ts:\d+:\d+\)\n\n$/,
      );
      expect(pieces[0]).toMatch(/^task "main" .* running/);
    },
    { clock: virtualClock(), observer },
  );
});

test("names with control characters do not break the lines of a dump", async () => {
  await virtually(function* () {
    createTask(forever(), { name: "one\ntwo\u001B[31m\u202E" });
    const pieces: string[] = [];
    dump((piece) => pieces.push(piece));
    expect(pieces[1]).toMatch(/^task "one two \[31m " \(/);
  });
});

test("what a dump is written to may throw: that ends it, and nothing is left in the loop", async () => {
  await virtually(function* () {
    createTask(forever());
    const full = (): never => {
      throw new Error("full");
    };
    expect(() => dump(full)).toThrow("full");
    expect([...(getRunningLoop() as unknown as TaskHome).unfinished()]).toHaveLength(2);
  });
});

test("the circle of two tasks that hold each other's lock is told while the rest goes on, with those who wait for them", async () => {
  const observer = recorder({ last: 1_000 });
  await run(
    function* () {
      const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
      createTask(both(db, cache), { name: "A" });
      createTask(both(cache, db), { name: "B" });
      createTask(both(db, db), { name: "third" });
      yield* sleep(5);
      expect(liveCycles(observer)).toMatchObject([
        {
          text: "A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`",
          stuck: [{ name: "third" }],
          others: 1,
        },
      ]);
      const report = [...postMortemText("a test wants to know", observer)].join("");
      expect(report).toContain("a test wants to know");
      expect(report).toContain(
        "waits-for cycle: A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`",
      );
      expect(report).toMatch(/because of it these can never be woken either: third \(4\)/);
      expect(report).toMatch(/task "B" .*\n {4}at both \(/);
      expect(report).toMatch(/-\S+ ms {2}"A" \(2\) acquired Lock `db`/);
    },
    { clock: virtualClock(), observer },
  );
});

test("who waits by gather for tasks that are all in a circle can never be woken; who waits for one more can", async () => {
  const observer = recorder({ last: 1_000 });
  await run(
    function* () {
      const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
      const circle = [createTask(both(db, cache), { name: "A" }), createTask(both(cache, db), { name: "B" })];
      createTask(gather(circle), { name: "stuck" });
      createTask(gather([...circle, forever()]), { name: "not stuck" });
      createTask(gather([...circle, getRunningLoop().createFuture()]), { name: "not known" });
      yield* sleep(5);
      expect(liveCycles(observer)).toMatchObject([{ stuck: [{ name: "stuck" }], others: 1 }]);
    },
    { clock: virtualClock(), observer },
  );
});

test("tasks that will be woken by a timeout are told to be, and nobody as stuck", async () => {
  const observer = recorder({ last: 1_000 });
  await run(
    function* () {
      const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
      createTask(both(db, cache), { name: "A" });
      createTask(timeout("1s", both(cache, db)), { name: "B" });
      yield* sleep(5);
      expect(liveCycles(observer)).toMatchObject([
        { text: expect.stringMatching(/until a timeout around B ends it$/), others: 0 },
      ]);
      yield* sleep("2s");
      expect(liveCycles(observer)).toEqual([]);
    },
    { clock: virtualClock(), observer, onReport: () => {} }, // B fails with the TimeoutError
  );
});
