/** taskGroup while nothing fails: when it ends, what it gives, who may add children, and cancelChildren. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  getRunningLoop,
  InvalidStateError,
  sleep,
  type TaskGroup,
  taskGroup,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { reporting, virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

test("a group gives its body's value when the body and every child have ended", async () => {
  await virtually(function* () {
    const start = now();
    const ended: string[] = [];
    const child = coroutine(function* child(name: string, delay: number) {
      yield* sleep(delay);
      ended.push(name);
    });
    const value = yield* taskGroup(function* (group) {
      group.createTask(child("slow", 30));
      group.createTask(child("quick", 10));
      yield* sleep(20);
      ended.push("body");
      return "value";
    });
    expect(value).toBe("value");
    expect(ended).toEqual(["quick", "body", "slow"]);
    expect(now() - start).toBe(30);
  });
});

test("a group without children, or with a body that does not wait, ends as the body does", async () => {
  await virtually(function* () {
    expect(yield* taskGroup(() => sleep(5, "body"))).toBe("body");
    const seen: string[] = [];
    const value = yield* taskGroup(function* (group) {
      group.createTask(
        (function* () {
          yield* sleep(5);
          seen.push("child");
        })(),
      );
      return "at once";
    });
    expect(value).toBe("at once");
    expect(seen).toEqual(["child"]);
  });
});

test("children run while the body goes on, first steps in the order of their creation", async () => {
  const seen: string[] = [];
  const child = coroutine(function* child(name: string) {
    seen.push(name);
    yield* sleep(0);
  });
  await virtually(
    taskGroup(function* (group) {
      for (const name of ["a", "b", "c"]) group.createTask(child(name));
      seen.push("body");
      yield* sleep(0);
      seen.push("body again");
    }),
  );
  expect(seen).toEqual(["body", "a", "b", "c", "body again"]);
});

test("a child's result is awaited in the body like any task's", async () => {
  const pair = await virtually(
    taskGroup(function* (group) {
      const a = group.createTask(sleep(10, "a"));
      const b = group.createTask(sleep(5, "b"));
      return [yield* a, yield* b];
    }),
  );
  expect(pair).toEqual(["a", "b"]);
});

test("children may add children, until the group has ended", async () => {
  await virtually(function* () {
    const start = now();
    const ended: number[] = [];
    const generation: (group: TaskGroup, level: number) => Coroutine<void> = coroutine(function* (
      group: TaskGroup,
      level: number,
    ): CoroutineBody<void> {
      yield* sleep(10);
      if (level < 5) {
        group.createTask(generation(group, level + 1));
        group.createTask(generation(group, level + 1));
      }
      ended.push(level);
    });
    yield* taskGroup(function* (group) {
      group.createTask(generation(group, 1));
    });
    expect(ended).toHaveLength(31);
    expect(now() - start).toBe(50);
  });
});

test("a child that is the last to run may add another in its last step", async () => {
  const seen: string[] = [];
  const last = coroutine(function* last() {
    yield* sleep(1);
    seen.push("last");
  });
  await virtually(
    taskGroup(function* (group) {
      group.createTask(
        (function* () {
          yield* sleep(1);
          group.createTask(last());
        })(),
      );
    }),
  );
  expect(seen).toEqual(["last"]);
});

test("once the group has ended createTask throws, and the refused coroutine is not reported", async () => {
  for (const how of ["value", "error", "cancelled"] as const) {
    await virtually(function* () {
      let kept: TaskGroup | undefined;
      const task = createTask(
        taskGroup(function* (group) {
          kept = group;
          if (how === "error") throw new Error("no stock");
          if (how === "cancelled") yield* sleep(100);
        }),
      );
      yield* sleep(1);
      yield* cancelled(task);
      const late = coroutine(function* late() {});
      expect(() => kept?.createTask(late()), how).toThrow(InvalidStateError);
    });
  }
});

test("a child that is cancelled on its own does not fail the group", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const value = yield* taskGroup(function* (group) {
      const child = group.createTask(sleep(100));
      group.createTask(
        (function* () {
          yield* sleep(20);
          seen.push("sibling");
        })(),
      );
      yield* sleep(5);
      expect(yield* cancelled(child)).toBe("cancelled");
      yield* sleep(5);
      return "body";
    });
    expect(value).toBe("body");
    expect(seen).toEqual(["sibling"]);
  });
});

test("cancelChildren cancels the children without failing the group, and the body goes on", async () => {
  await virtually(function* () {
    const start = now();
    const seen: string[] = [];
    const child = coroutine(function* child(name: string) {
      try {
        yield* sleep(100);
        seen.push("never");
      } finally {
        yield* sleep(7);
        seen.push(name);
      }
    });
    const value = yield* taskGroup(function* (group) {
      group.createTask(child("a"));
      group.createTask(child("b"));
      yield* sleep(10);
      group.cancelChildren();
      seen.push("body");
      yield* sleep(1);
      seen.push("body goes on");
      return "value";
    });
    expect(value).toBe("value");
    expect(seen).toEqual(["body", "body goes on", "a", "b"]);
    expect(now() - start).toBe(17);
  });
});

test("children added after cancelChildren are cancelled too, and never start", async () => {
  const seen: string[] = [];
  await virtually(
    taskGroup(function* (group) {
      group.cancelChildren();
      const late = group.createTask(
        (function* () {
          seen.push("never");
          yield* sleep(1);
        })(),
      );
      yield* sleep(5);
      expect(late.cancelled).toBe(true);
      seen.push("body");
    }),
  );
  expect(seen).toEqual(["body"]);
});

test("a child may cancel the children, itself included", async () => {
  await virtually(function* () {
    const start = now();
    yield* taskGroup(function* (group) {
      group.createTask(sleep(100));
      group.createTask(
        (function* () {
          yield* sleep(10);
          group.cancelChildren();
          yield* sleep(100);
        })(),
      );
    });
    expect(now() - start).toBe(10);
  });
});

test("groups nest: the inner one ends before the code after it, the outer one waits for both", async () => {
  const seen: string[] = [];
  const child = coroutine(function* child(name: string, delay: number) {
    yield* sleep(delay);
    seen.push(name);
  });
  await virtually(
    taskGroup(function* (outer) {
      outer.createTask(child("outer child", 30));
      yield* taskGroup(function* (inner) {
        inner.createTask(child("inner child", 10));
        outer.createTask(child("outer child made inside", 20));
      });
      seen.push("after the inner group");
    }),
  );
  expect(seen).toEqual(["inner child", "after the inner group", "outer child made inside", "outer child"]);
});

test("children take names and numbers as other tasks do", async () => {
  const names = await virtually(
    taskGroup(function* (group) {
      return [group.createTask(sleep(1), { name: "washer" }).name, group.createTask(sleep(1)).name];
    }),
  );
  expect(names).toEqual(["washer", "Task-1"]);
});

test("what is no awaitable is refused with TypeError", async () => {
  await virtually(
    taskGroup(function* (group) {
      expect(() => group.createTask(5 as never)).toThrow(TypeError);
    }),
  );
});

test("a task made by the free createTask is owned by run: it outlives the group, and ends when main has", async () => {
  const seen: string[] = [];
  const { outcome, reports } = await reporting(function* () {
    const free = coroutine(function* free() {
      try {
        yield* sleep(1_000);
      } finally {
        yield* sleep(5);
        seen.push("free ended");
      }
    });
    yield* taskGroup(function* () {
      createTask(free());
      yield* sleep(10);
    });
    seen.push("group ended");
    yield* sleep(10);
    seen.push("main ended");
  });
  expect(outcome.status).toBe("fulfilled");
  expect(reports).toEqual([]);
  expect(seen).toEqual(["group ended", "main ended", "free ended"]);
});

test("a task made by createTask in a child is not cancelled when the group fails", async () => {
  await virtually(function* () {
    let free: ReturnType<typeof createTask<string>> | undefined;
    const group = taskGroup(function* (group) {
      group.createTask(
        (function* () {
          free = createTask(sleep(50, "free"));
          yield* sleep(10);
          throw new Error("no stock");
        })(),
      );
    });
    yield* outcomeOf(createTask(group));
    expect(free && (yield* free)).toBe("free");
  });
});
