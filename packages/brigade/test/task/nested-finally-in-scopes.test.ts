/** Cancelling, and expiring, while a nested finally awaits inside timeouts and task groups. */
import {
  coroutine,
  createTask,
  ExceptionGroup,
  getRunningLoop,
  moveOnAfter,
  sleep,
  taskGroup,
  TimeoutError,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";
import { nest, UNWOUND } from "./nest.ts";

test("a timeout's expiry unwinds its body the same way, and its caller goes on after the cleanup", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const start = getRunningLoop().time();
    let caught: unknown;
    try {
      yield* timeout(10, nest(order)());
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(TimeoutError);
    expect(order).toEqual(UNWOUND);
    expect(getRunningLoop().time() - start).toBe(15);
  });
});

test("a moveOnAfter's expiry unwinds its body the same way, and gives undefined", async () => {
  await virtually(function* () {
    const order: string[] = [];
    expect(yield* moveOnAfter(10, nest(order)())).toBeUndefined();
    expect(order).toEqual(UNWOUND);
  });
});

test("a cancellation from outside unwinds through a timeout: the caller of the timeout runs its finally only", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* caller() {
        try {
          yield* timeout("1h", nest(order)());
          order.push("caller goes on");
        } catch {
          order.push("caller catch");
        } finally {
          yield* sleep(1);
          order.push("caller finally");
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual([...UNWOUND, "caller finally"]);
  });
});

test("a cancellation that comes while an expired timeout unwinds wins: the cleanup ends, and the caller unwinds", async () => {
  for (const moment of [10, 11, 14])
    await virtually(function* () {
      const order: string[] = [];
      const task = createTask(
        coroutine(function* caller() {
          try {
            yield* timeout(10, nest(order)());
            order.push("caller goes on");
          } catch {
            order.push("caller catch");
          } finally {
            order.push("caller finally");
          }
        })(),
      );
      // The caller starts its timeout in the next iteration, so at 10 the cancellation comes first.
      yield* sleep(moment);
      expect(task.cancel()).toBe(true);
      expect(yield* outcomeOf(task)).toBe("cancelled");
      expect(order, `cancelled after ${moment} ms`).toEqual([...UNWOUND, "caller finally"]);
    });
});

test("an expiry that comes while a cancellation unwinds changes nothing", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const task = createTask(
      coroutine(function* caller() {
        try {
          yield* timeout(10, nest(order)());
          order.push("caller goes on");
        } catch {
          order.push("caller catch");
        } finally {
          order.push("caller finally");
        }
      })(),
    );
    yield* sleep(7);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(order).toEqual([...UNWOUND, "caller finally"]);
    expect(getRunningLoop().time()).toBe(12);
  });
});

test("an error of the body's cleanup takes the place of the TimeoutError, which is its cause", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const cleanup = new Error("cleanup failed");
    let caught: unknown;
    try {
      yield* timeout(10, nest(order, cleanup)());
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(cleanup);
    expect((caught as Error).cause).toBeInstanceOf(TimeoutError);
    expect(order).toEqual(UNWOUND);
  });
});

test("in a task group the cancellation unwinds body and children the same way, before what is around it", async () => {
  await virtually(function* () {
    const body: string[] = [];
    const child: string[] = [];
    const around: string[] = [];
    const task = createTask(
      coroutine(function* caller() {
        try {
          yield* taskGroup(function* (group) {
            group.createTask(nest(child)());
            return yield* nest(body)();
          });
          around.push("caller goes on");
        } catch {
          around.push("caller catch");
        } finally {
          around.push("caller finally");
          expect([body, child]).toEqual([UNWOUND, UNWOUND]);
        }
      })(),
    );
    yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(around).toEqual(["caller finally"]);
  });
});

test("in a task group a failing child unwinds body and siblings the same way, and the group throws its error", async () => {
  await virtually(function* () {
    const body: string[] = [];
    const sibling: string[] = [];
    const error = new Error("no stock");
    let caught: unknown;
    try {
      yield* taskGroup(function* (group) {
        group.createTask(nest(sibling)());
        group.createTask(
          coroutine(function* failing() {
            yield* sleep(1);
            throw error;
          })(),
        );
        return yield* nest(body)();
      });
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBeInstanceOf(ExceptionGroup);
    expect((caught as ExceptionGroup).errors).toEqual([error]);
    expect([body, sibling]).toEqual([UNWOUND, UNWOUND]);
  });
});

test("an error of a child's cleanup, while the group is cancelled from outside, is thrown in the group's ExceptionGroup", async () => {
  await virtually(function* () {
    const order: string[] = [];
    const error = new Error("cleanup failed");
    const task = createTask(
      taskGroup(function* (group) {
        group.createTask(nest(order, error)());
        yield* sleep("1h");
      }),
    );
    yield* sleep(1);
    task.cancel();
    yield* outcomeOf(task);
    expect(order).toEqual(UNWOUND);
    expect(task.exception()).toBeInstanceOf(ExceptionGroup);
    expect((task.exception() as ExceptionGroup).errors).toEqual([error]);
  });
});

test("a second cancel during the cleanup of a timeout in a group in a task changes nothing", async () => {
  for (const moment of [0, 2, 5])
    await virtually(function* () {
      const order: string[] = [];
      const task = createTask(
        coroutine(function* caller() {
          try {
            yield* taskGroup(function* (group) {
              const child = group.createTask(timeout("1h", nest(order)()));
              return yield* child;
            });
            order.push("caller goes on");
          } catch {
            order.push("caller catch");
          } finally {
            yield* sleep(3);
            order.push("caller finally");
          }
        })(),
      );
      yield* sleep(1);
      task.cancel();
      yield* sleep(moment);
      expect(task.cancel()).toBe(false);
      expect(yield* outcomeOf(task)).toBe("cancelled");
      expect(order).toEqual([...UNWOUND, "caller finally"]);
    });
});
