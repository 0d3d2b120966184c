/**
 * Effection (thefrontside/effection#899): a parent's `finally` closed what its children used while they still ran,
 * because children were halted only after the parent's generator had returned.
 */
import { coroutine, createTask, run, sleep, taskGroup, use, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

class Resource {
  readonly log: string[] = [];
  #closed = false;
  close(): void {
    this.#closed = true;
    this.log.push("closed");
  }
  operate(note: string): void {
    if (this.#closed) throw new Error(`${note}: the resource is closed`);
    this.log.push(note);
  }
}

const child = coroutine(function* (resource: Resource) {
  try {
    yield* sleep(50);
    resource.operate("child worked");
  } finally {
    yield* sleep(5);
    resource.operate("child cleaned up");
  }
});

const failing = coroutine(function* () {
  yield* sleep(10);
  throw new Error("failing child");
});

test("children have ended before the finally around their group runs, on a normal end", async () => {
  const resource = new Resource();
  await run(
    function* () {
      try {
        yield* taskGroup(function* (group) {
          group.createTask(child(resource));
          yield* sleep(1);
        });
      } finally {
        resource.close();
      }
    },
    { clock: virtualClock() },
  );
  expect(resource.log).toEqual(["child worked", "child cleaned up", "closed"]);
});

test("children have cleaned up before the finally around their group runs, when one of them fails", async () => {
  const resource = new Resource();
  const main = coroutine(function* () {
    try {
      yield* taskGroup(function* (group) {
        group.createTask(child(resource));
        group.createTask(failing());
        yield* sleep("1h");
      });
    } finally {
      resource.close();
    }
  });
  await expect(run(main, { clock: virtualClock() })).rejects.toMatchObject({ errors: [new Error("failing child")] });
  expect(resource.log).toEqual(["child cleaned up", "closed"]);
});

test("children have cleaned up before the finally around their group runs, when the parent is cancelled", async () => {
  const resource = new Resource();
  const parent = coroutine(function* () {
    try {
      yield* taskGroup(function* (group) {
        group.createTask(child(resource));
        yield* sleep("1h");
      });
    } finally {
      resource.close();
    }
  });
  await run(
    function* () {
      const task = createTask(parent());
      yield* sleep(10);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(resource.log).toEqual(["child cleaned up", "closed"]);
});

test("children have cleaned up before a manager around their group exits, when the parent is cancelled", async () => {
  const resource = new Resource();
  const manager = {
    enter: () => sleep(0, resource),
    exit: coroutine(function* () {
      yield* sleep(0);
      resource.close();
    }),
  };
  await run(
    function* () {
      const task = createTask(
        use(manager, (held) =>
          taskGroup(function* (group) {
            group.createTask(child(held));
            yield* sleep("1h");
          }),
        ),
      );
      yield* sleep(10);
      task.cancel();
      yield* wait([task]);
      expect(task.cancelled).toBe(true);
    },
    { clock: virtualClock() },
  );
  expect(resource.log).toEqual(["child cleaned up", "closed"]);
});
