/** The end of run: what main leaves behind is cancelled and awaited, and nothing outlives it. */
import { CancelledError, coroutine, createTask, currentTask, getRunningLoop, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { reporting, virtually } from "../virtually.ts";

test("when main has ended, the tasks still running are cancelled and awaited before run settles", async () => {
  const order: string[] = [];
  const straggler = coroutine(function* straggler(name: string, ms: number) {
    try {
      yield* sleep("1h");
      order.push("never");
    } finally {
      yield* sleep(ms);
      order.push(`${name} clean`);
    }
  });
  await virtually(function* () {
    createTask(straggler("slow", 20));
    createTask(straggler("quick", 10));
    yield* sleep(1);
    order.push("main ends");
  });
  expect(order).toEqual(["main ends", "quick clean", "slow clean"]);
});

test("when main fails, the tasks still running are cancelled and awaited, too", async () => {
  const order: string[] = [];
  const straggler = coroutine(function* straggler() {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(10);
      order.push("clean");
    }
  });
  const error = new Error("main fails");
  const { outcome } = await reporting(function* () {
    createTask(straggler());
    yield* sleep(1);
    throw error;
  });
  expect(outcome).toEqual({ status: "rejected", reason: error });
  expect(order).toEqual(["clean"]);
});

test("a task that was created in main's last step takes its first step, as in asyncio, and is then cancelled", async () => {
  const order: string[] = [];
  await virtually(function* () {
    yield* sleep(1);
    createTask(
      coroutine(function* late() {
        order.push("started");
        try {
          yield* sleep("1h");
        } finally {
          order.push("clean");
        }
      })(),
    );
  });
  expect(order).toEqual(["started", "clean"]);
});

test("a task that cleanup creates at the end of run does not outlive it", async () => {
  const order: string[] = [];
  const grandchild = coroutine(function* grandchild() {
    try {
      yield* sleep("1h");
    } finally {
      yield* sleep(1);
      order.push("grandchild clean");
    }
  });
  const child = coroutine(function* child() {
    try {
      yield* sleep("1h");
    } finally {
      createTask(grandchild());
      yield* sleep(5);
      order.push("child clean");
    }
  });
  const clock = virtualClock();
  const start = clock.now();
  await virtually(
    function* () {
      createTask(child());
      yield* sleep(1);
    },
    { clock },
  );
  expect(order.toSorted()).toContain("child clean");
  // The grandchild either never started or has been unwound; in neither case did its hour pass.
  expect(order.length === 1 || order.includes("grandchild clean")).toBe(true);
  expect(clock.now() - start).toBeLessThan(100);
});

test("cleanup at the end of run may create a task and await it: that one is not cancelled", async () => {
  const order: string[] = [];
  await virtually(function* () {
    createTask(
      coroutine(function* straggler() {
        try {
          yield* sleep("1h");
        } finally {
          order.push(yield* createTask(sleep(20, "flushed by a task")));
        }
      })(),
    );
    yield* sleep(1);
  });
  expect(order).toEqual(["flushed by a task"]);
});

test("done callbacks of tasks that run cancels at its end are called before run settles", async () => {
  const order: string[] = [];
  await virtually(function* () {
    createTask(sleep("1h"), { name: "straggler" }).addDoneCallback(
      (task) => void order.push(`cancelled ${task.cancelled}`),
    );
    yield* sleep(1);
  });
  expect(order).toEqual(["cancelled true"]);
});

test("errors of tasks that run cancels at its end are reported, and do not change its result", async () => {
  const error = new Error("cleanup failed");
  const { outcome, reports } = await reporting(function* () {
    createTask(
      coroutine(function* straggler() {
        try {
          yield* sleep("1h");
        } finally {
          throw error;
        }
      })(),
      { name: "straggler" },
    );
    yield* sleep(1);
    return "result";
  });
  expect(outcome).toEqual({ status: "fulfilled", value: "result" });
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ kind: "unretrieved-error", error });
  expect(reports[0]?.message).toContain("straggler");
});

test("a timer or callback that is left when main has ended never runs", async () => {
  const ran: string[] = [];
  await virtually(function* () {
    getRunningLoop().callLater(5, () => void ran.push("timer"));
    yield* sleep(1);
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(ran).toEqual([]);
});

test("main cancelled by one of its tasks awaits them all, and run rejects", async () => {
  const order: string[] = [];
  const { outcome } = await reporting(function* () {
    const main = currentTask();
    createTask(
      coroutine(function* assassin() {
        yield* sleep(1);
        main.cancel();
        try {
          yield* sleep("1h");
        } finally {
          order.push("assassin clean");
        }
      })(),
    );
    try {
      yield* sleep("1h");
    } finally {
      order.push("main clean");
    }
  });
  expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(CancelledError) });
  expect(order).toEqual(["main clean", "assassin clean"]);
});

test("cancelling what is left at the end of run reaches tasks that wait for each other once", async () => {
  const order: string[] = [];
  await virtually(function* () {
    const worker = createTask(
      coroutine(function* worker() {
        try {
          yield* sleep("1h");
        } finally {
          yield* sleep(1);
          order.push("worker");
        }
      })(),
    );
    createTask(
      coroutine(function* awaiter() {
        try {
          yield* worker;
        } finally {
          order.push("awaiter");
        }
      })(),
    );
    yield* sleep(1);
  });
  expect(order).toEqual(["worker", "awaiter"]);
});
