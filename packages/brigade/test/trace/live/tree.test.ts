/** The task tree: who is shown below whom, what stands in a row, which window of rows is given. */
import {
  Barrier,
  type CoroutineBody,
  coroutine,
  createTask,
  Event,
  gather,
  Lock,
  Queue,
  run,
  sleep,
  type Task,
  taskGroup,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { liveTasks, type Recorder, recorder, type TaskPage, type TaskQuery, type TaskRow } from "brigade/trace";
import { describe, expect, test } from "vitest";
import { reporting } from "../../virtually.ts";

/** What the tree shows when `look` is called, in virtual time. */
async function observed(
  main: (look: (query?: TaskQuery) => TaskPage) => CoroutineBody<void>,
  observer: Recorder = recorder({ last: 10_000 }),
): Promise<void> {
  await run(() => main((query) => liveTasks(query, observer)), { clock: virtualClock(), observer });
}

const forever = coroutine(function* forever() {
  yield* sleep("1h");
});

function outline({ rows }: TaskPage): string[] {
  return rows.map(({ depth, name, count }) => `${"  ".repeat(depth)}${name}${count === 1 ? "" : ` ×${count}`}`);
}

function rowOf({ rows }: TaskPage, name: string): TaskRow {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`there is no row ${name}: ${rows.map((one) => one.name).join(", ")}`);
  return row;
}

describe("the tree", () => {
  test("tasks stand below the task that made them, in the order they were made", async () => {
    await observed(function* main(look) {
      const parent = coroutine(function* parent() {
        createTask(forever(), { name: "grandchild" });
        yield* forever();
      });
      createTask(parent(), { name: "child" });
      createTask(forever(), { name: "second" });
      yield* sleep(1);
      expect(outline(look())).toEqual(["main", "  child", "    grandchild", "  second"]);
    });
  });

  test("children of gather and of a group stand below the task that awaits them", async () => {
    await observed(function* main(look) {
      createTask(gather([forever(), forever()]), { name: "gatherer" });
      createTask(
        taskGroup(function* (group) {
          group.createTask(forever(), { name: "member" });
          yield* forever();
        }),
        { name: "grouper" },
      );
      yield* sleep(1);
      expect(outline(look())).toEqual(["main", "  gatherer", "    Task-1", "    Task-2", "  grouper", "    member"]);
    });
  });

  test("a task whose maker has ended stands at the top", async () => {
    await observed(function* main(look) {
      yield* createTask(
        (function* () {
          createTask(forever(), { name: "orphan" });
          yield* sleep(1);
        })(),
      );
      expect(outline(look())).toEqual(["main", "orphan"]);
    });
  });

  test("four siblings that look alike are one row that opens, three are three rows", async () => {
    await observed(function* main(look) {
      for (let i = 0; i < 3; i++) createTask(forever(), { name: `few-${i}` });
      for (let i = 0; i < 4; i++) createTask(forever(), { name: `many-${i}` });
      yield* sleep(1);
      const folded = look();
      expect(outline(folded)).toEqual(["main", "  few-0", "  few-1", "  few-2", "  many-* ×4"]);
      const { key, children, open } = rowOf(folded, "many-*");
      expect({ children, open }).toEqual({ children: 4, open: false });
      const opened = look({ toggled: [key] });
      expect(outline(opened).slice(4)).toEqual(["  many-* ×4", "    many-0", "    many-1", "    many-2", "    many-3"]);
      expect(rowOf(opened, "many-*").open).toBe(true);
    });
  });

  test("siblings that wait in another way, or in another coroutine, are no group", async () => {
    await observed(function* main(look) {
      const event = new Event();
      const waits = coroutine(function* waits() {
        yield* event.wait();
      });
      for (let i = 0; i < 4; i++) createTask(i < 2 ? forever() : waits());
      yield* sleep(1);
      expect(look().rows).toHaveLength(5);
    });
  });

  test("one that was asked to end, and has not yet, stands apart from those that look like it", async () => {
    await observed(function* main(look) {
      const cleans = coroutine(function* cleans() {
        try {
          yield* forever();
        } finally {
          yield* forever();
        }
      });
      const tasks = Array.from({ length: 5 }, () => createTask(cleans()));
      yield* sleep(1);
      tasks[2]?.cancel();
      tasks[3]?.cancel();
      yield* sleep(1);
      expect(outline(look())).toEqual(["main", "  Task-1", "  Task-2", "  Task-5", "  Task-3", "  Task-4"]);
    });
  });

  test("a folded task hides what is below it, and says how much that is", async () => {
    await observed(function* main(look) {
      createTask(forever());
      createTask(forever());
      yield* sleep(1);
      const { key } = rowOf(look(), "main");
      const page = look({ toggled: [key] });
      expect(outline(page)).toEqual(["main"]);
      expect(page).toMatchObject({ total: 1, tasks: 3, rows: [{ children: 2, open: false }] });
    });
  });

  test("without a recorder nobody knows who made whom: a task stands below an older one that awaits it", async () => {
    await run(
      function* () {
        const looked = createTask(
          (function* () {
            yield* sleep(1);
            return outline(liveTasks());
          })(),
          { name: "awaited" },
        );
        const late = createTask(
          (function* () {
            yield* looked;
          })(),
          { name: "late" },
        );
        expect(yield* looked).toEqual(["main", "  awaited", "late"]);
        yield* late;
      },
      { clock: virtualClock() },
    );
  });
});

test("tasks that await each other are shown, though each seems to be below the other", async () => {
  const { outcome } = await reporting(function* () {
    const made: Task<void>[] = [];
    const awaits = coroutine(function* awaits(other: number) {
      yield* made[other] as Task<void>;
    });
    made.push(createTask(awaits(1), { name: "A" }), createTask(awaits(0), { name: "B" }));
    yield* sleep(1);
    return outline(liveTasks());
  });
  expect(outcome).toMatchObject({ value: ["main", "A", "  B"] });
});

describe("a row", () => {
  test("says for how long the task lives and waits, on the loop's clock", async () => {
    await observed(function* main(look) {
      createTask(
        (function* () {
          yield* sleep(40);
          yield* forever();
        })(),
        { name: "one" },
      );
      yield* sleep(100);
      expect(rowOf(look(), "one")).toMatchObject({ age: 100, since: 60, state: "waiting" });
    });
  });

  test("names what is waited for: the lock, who holds it, the task", async () => {
    await observed(function* main(look) {
      const lock = new Lock({ name: "db" });
      const takes = coroutine(function* takes() {
        using _held = yield* lock.acquire();
        yield* forever();
      });
      createTask(takes(), { name: "holder" });
      const waiter = createTask(takes(), { name: "waiter" });
      createTask(gather([waiter]), { name: "other" });
      createTask(
        (function* () {
          yield* waiter;
        })(),
        { name: "joiner" },
      );
      yield* sleep(1);
      const page = look();
      expect(rowOf(page, "waiter").waitsFor).toMatchObject({
        kind: "Lock.acquire",
        resource: { kind: "Lock", name: "db" },
      });
      expect(rowOf(page, "holder").holds).toMatchObject([{ kind: "Lock", name: "db" }]);
      expect(rowOf(page, "waiter").holds).toEqual([]);
      expect(rowOf(page, "joiner").waitsFor).toEqual({
        kind: "task",
        on: { task: rowOf(page, "waiter").task, name: "waiter" },
      });
    });
  });

  test("has the frames innermost first, with the line of each await", async () => {
    await observed(function* main(look) {
      const inner = coroutine(function* inner() {
        yield* forever();
      });
      createTask(inner(), { name: "deep" });
      yield* sleep(1);
      const { frames, root } = rowOf(look(), "deep");
      expect(root).toBe("inner");
      expect(frames.map(({ name }) => name)).toEqual(["forever", "inner"]);
      for (const { file, line } of frames) {
        expect(file).toMatch(/tree\.test\.ts$/);
        expect(line).toBeGreaterThan(0);
      }
      expect(rowOf(look({ lines: false }), "deep").frames).toEqual([{ name: "forever" }, { name: "inner" }]);
    });
  });

  test("of a recursion without end has the innermost hundred frames, and counts the others", async () => {
    await observed(function* main(look) {
      const deeper = coroutine(function* recursion(depth: number): CoroutineBody<void> {
        if (depth === 0) yield* forever();
        else yield* deeper(depth - 1);
      });
      createTask(deeper(20_000), { name: "deep" });
      yield* sleep(1);
      const { frames } = rowOf(look(), "deep");
      expect(frames).toHaveLength(101);
      expect(frames[99]).toMatchObject({ name: "recursion", line: expect.any(Number) });
      expect(frames[100]).toEqual({ name: "and 19902 more frames" });
    });
  });

  test("tells a ready task from the one that looks and from one that was asked to end", async () => {
    await observed(function* main(look) {
      const slow = createTask(
        (function* () {
          try {
            yield* forever();
          } finally {
            yield* sleep(10);
          }
        })(),
        { name: "slow" },
      );
      yield* sleep(1);
      slow.cancel();
      createTask(forever(), { name: "new" });
      const page = look();
      expect(rowOf(page, "main").state).toBe("running");
      expect(rowOf(page, "new")).toMatchObject({ state: "ready", cancelling: false });
      expect(rowOf(page, "slow").cancelling).toBe(true);
    });
  });

  test("of a group says what its tasks have in common, and for how long the longest waits", async () => {
    await observed(function* main(look) {
      const queue = new Queue<number>({ name: "jobs" });
      const takes = coroutine(function* takes() {
        yield* queue.get();
      });
      const naps = coroutine(function* naps(ms: number) {
        yield* sleep(ms);
      });
      for (let i = 0; i < 4; i++) {
        createTask(takes(), { name: `taker ${i}` });
        createTask(naps(1_000 + i), { name: `napper ${i}` });
        yield* sleep(10);
      }
      const page = look();
      expect(rowOf(page, "taker *")).toMatchObject({
        age: 40,
        since: 40,
        waitsFor: { kind: "Queue.get", resource: { name: "jobs" } },
      });
      expect(rowOf(page, "napper *").waitsFor).toEqual({ kind: "sleep" });
    });
  });
});

describe("the window", () => {
  test("any window of any size shows the same rows as the whole", async () => {
    await observed(function* main(look) {
      for (let i = 0; i < 20; i++)
        createTask(gather(i % 3 === 0 ? [forever(), forever()] : [forever()]), { name: `task ${i}` });
      yield* sleep(1);
      for (const query of [{ group: false }, { sort: "name" }, { sort: "age" }, { filter: "task 1" }] as const) {
        const whole = look(query);
        expect(whole.rows).toHaveLength(whole.total);
        for (const limit of [1, 7, 1_000]) {
          const rows: TaskRow[] = [];
          for (let offset = 0; offset < whole.total; offset += limit)
            rows.push(...look({ ...query, offset, limit }).rows);
          expect(rows.map(({ key }) => key)).toEqual(whole.rows.map(({ key }) => key));
        }
      }
    });
  });

  test("a filter keeps what matches by name, coroutine or wait, with the tasks above it", async () => {
    await observed(function* main(look) {
      const barrier = new Barrier(2);
      const meets = coroutine(function* meets() {
        yield* barrier.wait();
      });
      createTask(gather([meets(), forever()]), { name: "gatherer" });
      createTask(forever(), { name: "Other" });
      yield* sleep(1);
      expect(outline(look({ filter: "MEETS" }))).toEqual(["main", "  gatherer", "    Task-1"]);
      expect(outline(look({ filter: "gather" }))).toEqual(["main", "  gatherer"]);
      expect(outline(look({ filter: "other" }))).toEqual(["main", "  Other"]);
      expect(look({ filter: "nothing like it" })).toMatchObject({ total: 0, tasks: 5, rows: [] });
    });
  });

  test("sorted by age, since and name it is a flat list", async () => {
    await observed(function* main(look) {
      const naps = coroutine(function* naps() {
        for (;;) yield* sleep(25);
      });
      createTask(naps(), { name: "task 10" });
      yield* sleep(5);
      createTask(forever(), { name: "task 9" });
      yield* sleep(30);
      const names = (query: TaskQuery): string[] => look(query).rows.map(({ name }) => name);
      expect(names({ sort: "age" })).toEqual(["main", "task 10", "task 9"]);
      expect(names({ sort: "since" })).toEqual(["task 9", "task 10", "main"]);
      expect(names({ sort: "name" })).toEqual(["main", "task 9", "task 10"]);
      expect(look({ sort: "age" }).rows.every(({ depth }) => depth === 0)).toBe(true);
    });
  });
});

test("looking changes nothing: waiters keep their turns, timers their times", async () => {
  const trial = async (looks: boolean): Promise<string[]> => {
    const log: string[] = [];
    const observer = recorder({ last: 1_000 });
    await run(
      function* () {
        const lock = new Lock();
        const queue = new Queue<number>({ maxSize: 1 });
        for (let i = 0; i < 5; i++) {
          createTask(
            (function* () {
              using _held = yield* lock.acquire();
              log.push(`${i} has it`);
              yield* sleep(i);
              yield* queue.put(i);
            })(),
          );
        }
        for (let i = 0; i < 5; i++) {
          if (looks)
            for (const sort of ["tree", "name"] as const) liveTasks({ sort, limit: 1_000, group: false }, observer);
          log.push(`got ${yield* queue.get()}`);
        }
      },
      { clock: virtualClock(), observer },
    );
    return log;
  };
  expect(await trial(true)).toEqual(await trial(false));
});

test("100,000 tasks are shown by the page, and their rows hold no more than the page", async () => {
  await observed(function* main(look) {
    for (let i = 0; i < 100_000; i++) createTask(forever());
    yield* sleep(1);
    const page = look({ offset: 99_950, limit: 20, group: false });
    expect(page).toMatchObject({ tasks: 100_001, total: 100_001 });
    expect(page.rows.map(({ name }) => name)).toEqual(Array.from({ length: 20 }, (_, i) => `Task-${99_950 + i}`));
    expect(outline(look())).toEqual(["main", "  Task-* ×100000"]);
  });
});
