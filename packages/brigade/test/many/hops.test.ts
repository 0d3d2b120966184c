/** gather, wait, asCompleted and taskGroup in asyncio's order, to the hop: the traces are what CPython 3.13 prints. */
import { asCompleted, coroutine, createTask, gather, sleep, TimeoutError, taskGroup, timeout, wait } from "brigade";
import { expect, test } from "vitest";
import { type Say, traceOf } from "../interleavings/trace.ts";
import { outcomeOf } from "../outcome.ts";

/** Says its name after some iterations, and gives it. */
const working = coroutine(function* working(name: string, count: number, say: Say) {
  for (let index = 0; index < count; index++) yield* sleep(0);
  say(name);
  return name;
});

/** Waits until it is cancelled, and says its name after some iterations of cleanup. */
const cleaning = coroutine(function* cleaning(name: string, count: number, say: Say) {
  try {
    yield* sleep("1h");
  } finally {
    for (let index = 0; index < count; index++) yield* sleep(0);
    say(name);
  }
});

test("gather goes on two iterations after the last has ended", async () => {
  const trace = await traceOf(function* (say) {
    const names = yield* gather([working("a", 2, say), working("b", 0, say), working("c", 1, say)]);
    say(`main ${names.join("")}`);
  });
  expect(trace).toEqual(["1 b", "2 c", "3 a", "5 main abc"]);
});

test("gather of tasks: the same; of tasks that are done, it does not suspend", async () => {
  const trace = await traceOf(function* (say) {
    const tasks = [createTask(working("a", 2, say)), createTask(working("b", 0, say))];
    say(`main ${(yield* gather(tasks)).join("")}`);
    say(`again ${(yield* gather(tasks)).join("")}`);
  });
  expect(trace).toEqual(["1 b", "3 a", "5 main ab", "5 again ab"]);
});

test("taskGroup goes on two iterations after its last child has ended", async () => {
  const trace = await traceOf(function* (say) {
    yield* taskGroup(function* (group) {
      group.createTask(working("a", 2, say));
      group.createTask(working("b", 0, say));
      say("body");
      yield* sleep(0);
      say("body ends");
    });
    say("main");
  });
  expect(trace).toEqual(["0 body", "1 b", "1 body ends", "3 a", "5 main"]);
});

test("taskGroup whose children have ended before its body goes on at once", async () => {
  const trace = await traceOf(function* (say) {
    yield* taskGroup(function* (group) {
      group.createTask(working("a", 0, say));
      for (let index = 0; index < 3; index++) yield* sleep(0);
      say("body ends");
    });
    say("main");
  });
  expect(trace).toEqual(["1 a", "3 body ends", "3 main"]);
});

test("taskGroup with a failing child: one iteration to be told, one to unwind, two to go on", async () => {
  const trace = await traceOf(function* (say) {
    const failing = coroutine(function* failing() {
      yield* sleep(0);
      say("throws");
      throw new Error("no stock");
    });
    try {
      yield* taskGroup(function* (group) {
        group.createTask(cleaning("a", 1, say));
        group.createTask(failing());
        group.createTask(cleaning("b", 0, say));
        try {
          yield* sleep("1h");
        } finally {
          say("body");
        }
      });
    } catch {
      say("caught");
    }
  });
  expect(trace).toEqual(["2 throws", "4 b", "4 body", "5 a", "7 caught"]);
});

test("taskGroup with a failing body", async () => {
  const trace = await traceOf(function* (say) {
    try {
      yield* taskGroup(function* (group) {
        group.createTask(cleaning("a", 1, say));
        group.createTask(cleaning("b", 0, say));
        yield* sleep(0);
        say("throws");
        throw new Error("no stock");
      });
    } catch {
      say("caught");
    }
  });
  expect(trace).toEqual(["1 throws", "2 b", "3 a", "5 caught"]);
});

test("a cancelled taskGroup: its body, then its children, then the code around it", async () => {
  const trace = await traceOf(function* (say) {
    const parent = coroutine(function* parent() {
      try {
        yield* taskGroup(function* (group) {
          group.createTask(cleaning("a", 1, say));
          group.createTask(cleaning("b", 0, say));
          try {
            yield* sleep("1h");
          } finally {
            yield* sleep(0);
            say("body");
          }
        });
      } finally {
        say("parent");
      }
    });
    const task = createTask(parent());
    for (let index = 0; index < 3; index++) yield* sleep(0);
    task.cancel();
    say("cancel");
    yield* outcomeOf(task);
    say("main");
  });
  expect(trace).toEqual(["3 cancel", "5 body", "6 b", "7 a", "9 parent", "10 main"]);
});

test("timeout: the body unwinds one iteration after the expiry, and the TimeoutError is seen in that step", async () => {
  const trace = await traceOf(function* (say) {
    const body = coroutine(function* body(count: number) {
      try {
        say("starts");
        yield* sleep("1h");
      } finally {
        for (let index = 0; index < count; index++) yield* sleep(0);
        say("finally");
      }
    });
    for (const count of [0, 1])
      try {
        yield* timeout(0, body(count));
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        say("timed out");
      }
  });
  expect(trace).toEqual(["0 starts", "2 finally", "2 timed out", "2 starts", "5 finally", "5 timed out"]);
});

test("timeout around a task: the task unwinds first, and the TimeoutError comes an iteration later", async () => {
  const trace = await traceOf(function* (say) {
    const task = createTask(cleaning("finally", 0, say));
    yield* sleep(0);
    try {
      yield* timeout(0, task);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      say("timed out");
    }
  });
  expect(trace).toEqual(["3 finally", "4 timed out"]);
});

test("timeout around a body that ends in time costs no iteration", async () => {
  const trace = await traceOf(function* (say) {
    yield* timeout("1h", working("body", 1, say));
    say("main");
  });
  expect(trace).toEqual(["1 body", "1 main"]);
});

test("wait goes on two iterations after the last has ended, also when all had ended before", async () => {
  const trace = await traceOf(function* (say) {
    const tasks = [createTask(working("a", 1, say)), createTask(working("b", 0, say))];
    say(`all ${(yield* wait(tasks)).done.size}`);
    say(`again ${(yield* wait(tasks)).done.size}`);
  });
  expect(trace).toEqual(["1 b", "2 a", "4 all 2", "6 again 2"]);
});

test("wait for the first: whoever ended until it goes on is done", async () => {
  const trace = await traceOf(function* (say) {
    const tasks = [
      createTask(working("a", 2, say)),
      createTask(working("b", 0, say)),
      createTask(working("c", 0, say)),
    ];
    say(`first ${(yield* wait(tasks, { returnWhen: "first-completed" })).done.size}`);
    say(`all ${(yield* wait(tasks)).done.size}`);
  });
  expect(trace).toEqual(["1 b", "1 c", "3 a", "3 first 3", "5 all 3"]);
});

test("asCompleted gives a task two iterations after it has ended, and one that waits to be read at once", async () => {
  const trace = await traceOf(function* (say) {
    const tasks = asCompleted([
      createTask(working("a", 2, say)),
      createTask(working("b", 0, say)),
      createTask(working("c", 0, say)),
    ]);
    for (let next = yield* tasks.next(); next.done !== true; next = yield* tasks.next())
      say(`read ${yield* next.value}`);
    say("end");
  });
  expect(trace).toEqual(["1 b", "1 c", "3 a", "3 read b", "3 read c", "5 read a", "5 end"]);
});
