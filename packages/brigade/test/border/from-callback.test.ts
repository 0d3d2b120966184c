/** fromCallback: operations that answer by a callback, stopped by cancellation where they can be. */
import { CancelledError, createTask, fromCallback, run, shield, sleep, timeout, TimeoutError } from "brigade";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

test("it is lazy, is called once, and gives the first answer, at once or later", () =>
  virtually(function* () {
    let calls = 0;
    const later = fromCallback<string>((reply) => {
      calls++;
      setTimeout(() => {
        reply.succeed("first");
        reply.fail(new Error("second"));
        reply.succeed("third");
      }, 0);
      return undefined;
    });
    yield* sleep(5);
    expect(calls).toBe(0);
    expect(yield* later).toBe("first");
    expect(yield* later).toBe("first");
    expect(calls).toBe(1);
    expect(
      yield* fromCallback((reply) => {
        reply.succeed("at once");
        return undefined;
      }),
    ).toBe("at once");
  }));

test("what it fails with, and what the function throws, is thrown by the await", () =>
  virtually(function* () {
    const error = new Error("no such table");
    const failing = fromCallback((reply) => {
      queueMicrotask(() => reply.fail(error));
      return undefined;
    });
    expect(yield* outcomeOf(createTask(failing))).toEqual({ error });
    const throwing = fromCallback(() => {
      throw error;
    });
    expect(yield* outcomeOf(createTask(throwing))).toEqual({ error });
    expect(() => fromCallback(undefined as never)).toThrow("fromCallback takes a function of the reply, not undefined");
  }));

test("cancellation asks it to end once, and the task unwinds when it has answered, and not before", async () => {
  const events: string[] = [];
  const main = function* () {
    const task = createTask(
      (function* () {
        try {
          yield* fromCallback<string>((reply) => (reason) => {
            events.push(`stop: ${reason.message}`);
            setTimeout(() => {
              events.push("answered");
              reply.succeed("too late");
            }, 5);
          });
          events.push("never");
        } finally {
          events.push("unwound");
        }
      })(),
    );
    yield* sleep(0);
    task.cancel(new Error("enough"));
    task.cancel(new Error("again"));
    yield* outcomeOf(task);
  };
  await run(main);
  expect(events).toEqual(["stop: enough", "answered", "unwound"]);
});

test("the reason is an error whatever the task was cancelled with; a timeout gives one too", () =>
  virtually(function* () {
    const reasons: Error[] = [];
    const stoppable = () =>
      fromCallback<never>((reply) => (reason) => {
        reasons.push(reason);
        reply.fail(reason);
      });
    const task = createTask(stoppable());
    yield* sleep(0);
    task.cancel("a string");
    yield* outcomeOf(task);
    const late = yield* outcomeOf(createTask(timeout(5, stoppable())));
    expect(late).toEqual({ error: expect.any(TimeoutError) });
    expect(reasons).toEqual([expect.any(CancelledError), expect.any(CancelledError)]);
  }));

test("an error that does not answer the cancellation is the outcome; an AbortError is none", () =>
  virtually(function* () {
    const broken = new Error("the connection broke meanwhile");
    const answering = (error: Error) => fromCallback<never>((reply) => () => reply.fail(error));
    const abort = Object.assign(new Error("aborted"), { name: "AbortError" });
    for (const [error, expected] of [
      [broken, { error: broken }],
      [abort, "cancelled"],
    ] as const) {
      const task = createTask(answering(error));
      yield* sleep(0);
      task.cancel();
      expect(yield* outcomeOf(task)).toEqual(expected);
    }
  }));

test("a function that asks to end and throws ends the wait with its error", () =>
  virtually(function* () {
    const error = new Error("can't stop it");
    const task = createTask(
      fromCallback(() => () => {
        throw error;
      }),
    );
    yield* sleep(0);
    task.cancel();
    expect(yield* outcomeOf(task)).toEqual({ error });
  }));

test("what can't be asked to end is left at once, and a later answer is ignored", () =>
  virtually(function* () {
    let fail: (error: unknown) => void = () => {};
    const task = createTask(
      fromCallback((reply) => {
        fail = (error) => reply.fail(error);
        return undefined;
      }),
    );
    yield* sleep(0);
    task.cancel();
    expect(yield* outcomeOf(task)).toEqual("cancelled");
    fail(new Error("nobody looks"));
    yield* sleep(1);
  }));

test("an answer that comes with the cancellation does not undo it, and a shield keeps it away", () =>
  virtually(function* () {
    let answer: (value: string) => void = () => {};
    const asked: string[] = [];
    const question = () =>
      fromCallback<string>((reply) => {
        answer = (value) => reply.succeed(value);
        return () => asked.push("stop");
      });
    const task = createTask(question());
    yield* sleep(0);
    answer("just in time");
    task.cancel();
    expect(yield* outcomeOf(task)).toEqual("cancelled");
    const shielded = createTask(shield(question()));
    yield* sleep(0);
    shielded.cancel();
    yield* sleep(0);
    answer("kept");
    yield* outcomeOf(shielded);
    expect(asked).toEqual([]);
  }));

test("an observer is told what is waited for", async () => {
  const waits: (string | undefined)[] = [];
  const main = fromCallback<void>((reply) => {
    queueMicrotask(() => reply.succeed());
    return undefined;
  }, "the answer of a service");
  await run(main, {
    observer: {
      stepEnded: (_task, waitingFor) => {
        if (waitingFor) waits.push(`${waitingFor.kind}: ${waitingFor.label}`);
      },
    },
  });
  expect(waits).toEqual(["callback: the answer of a service"]);
});
