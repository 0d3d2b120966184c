/** use: whatever has an end, ended once, however the body ends. */
import { type AsyncContextManager, createTask, type Ending, getRunningLoop, moveOnAfter, sleep, use } from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

class Disposed implements Disposable {
  readonly seen: string[] = [];
  [Symbol.dispose](): void {
    this.seen.push("disposed");
  }
}

class DisposedLater implements AsyncDisposable {
  readonly seen: string[] = [];
  async [Symbol.asyncDispose](): Promise<void> {
    this.seen.push("disposing");
    await Promise.resolve();
    this.seen.push("disposed");
  }
}

class DisposedEitherWay extends DisposedLater implements Disposable {
  [Symbol.dispose](): void {
    this.seen.push("disposed at once");
  }
}

const kinds: readonly [string, new () => Disposed | DisposedLater, string[]][] = [
  ["Symbol.dispose", Disposed, ["disposed"]],
  ["Symbol.asyncDispose", DisposedLater, ["disposing", "disposed"]],
  ["both disposers: the asynchronous one", DisposedEitherWay, ["disposing", "disposed"]],
];

for (const [name, Kind, expected] of kinds) {
  test(`an object with ${name} is given to the body and disposed when it returns`, async () => {
    await virtually(function* () {
      const object = new Kind();
      const value = yield* use(object as Disposable, function* (given) {
        expect(given).toBe(object);
        yield* sleep(1);
        expect(object.seen).toEqual([]);
        return "value";
      });
      expect(value).toBe("value");
      expect(object.seen).toEqual(expected);
    });
  });

  test(`an object with ${name} is disposed once when the body throws, is cancelled or times out`, async () => {
    await virtually(function* () {
      const thrown = new Kind();
      const error = new Error("no stock");
      const failing = use(thrown as Disposable, (): never => {
        throw error;
      });
      expect(yield* outcomeOf(createTask(failing))).toEqual({ error });
      expect(thrown.seen).toEqual(expected);
      const gone = new Kind();
      const task = createTask(use(gone as Disposable, () => sleep(100)));
      yield* sleep(10);
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(gone.seen).toEqual(expected);
      const late = new Kind();
      expect(
        yield* moveOnAfter(
          10,
          use(late as Disposable, () => sleep(100, "late")),
        ),
      ).toBeUndefined();
      expect(late.seen).toEqual(expected);
    });
  });
}

/** Says how its body ended; closing takes ten milliseconds, and throws what it is given. */
class Watched implements AsyncContextManager<string> {
  readonly endings: Ending[] = [];
  readonly #error: Error | undefined;
  constructor(error?: Error) {
    this.#error = error;
  }
  *enter() {
    return yield* sleep(10, "entered");
  }
  *exit(ending: Ending) {
    yield* sleep(10);
    this.endings.push(ending);
    if (this.#error) throw this.#error;
  }
}

test("a manager of one's own is told how the body ended: by a value, an error or an unwinding", async () => {
  await virtually(function* () {
    const start = now();
    const good = new Watched();
    expect(yield* use(good, (given) => sleep(5, `${given} and left`))).toBe("entered and left");
    expect(good.endings).toEqual([{ kind: "value" }]);
    expect(now() - start).toBe(25);
    const bad = new Watched();
    const error = new Error("no stock");
    const failing = use(bad, (): never => {
      throw error;
    });
    expect(yield* outcomeOf(createTask(failing))).toEqual({ error });
    expect(bad.endings).toEqual([{ kind: "error", error }]);
    const gone = new Watched();
    const task = createTask(use(gone, () => sleep(100)));
    yield* sleep(15);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(gone.endings).toEqual([{ kind: "unwound" }]);
  });
});

test("exit can't swallow the body's error; its own error replaces it, with the body's as its cause", async () => {
  await virtually(function* () {
    const error = new Error("no stock");
    const own = new Error("can't close");
    const failing = use(new Watched(own), (): never => {
      throw error;
    });
    expect(yield* outcomeOf(createTask(failing))).toEqual({ error: own });
    expect(own.cause).toBe(error);
  });
});

test("an error of exit after a value, or while unwinding, is the outcome", async () => {
  await virtually(function* () {
    const error = new Error("can't close");
    expect(yield* outcomeOf(createTask(use(new Watched(error), () => sleep(5))))).toEqual({ error });
    const seen: string[] = [];
    const task = createTask(
      (function* () {
        try {
          yield* use(new Watched(error), () => sleep(100));
        } catch {
          seen.push("catch");
        }
      })(),
    );
    yield* sleep(20);
    expect(yield* cancelled(task)).toEqual({ error });
    expect(seen).toEqual([]);
  });
});

test("exit is shielded: a cancellation and an expiry that come while it runs are held back", async () => {
  await virtually(function* () {
    const manager = new Watched();
    const task = createTask(use(manager, () => sleep(5)));
    yield* sleep(20);
    expect(task.cancel()).toBe(true);
    expect(yield* outcomeOf(task)).toBe("cancelled");
    expect(manager.endings).toEqual([{ kind: "value" }]);
    const second = new Watched();
    expect(
      yield* moveOnAfter(
        20,
        use(second, () => sleep(5, "value")),
      ),
    ).toBeUndefined();
    expect(second.endings).toEqual([{ kind: "value" }]);
  });
});

test("a body given as a plain function's awaitable, a generator function or a promise will do", async () => {
  await virtually(function* () {
    expect(yield* use(new Disposed(), () => sleep(1, "leaf"))).toBe("leaf");
    expect(yield* use(new Disposed(), () => createTask(sleep(1, "task")))).toBe("task");
    expect(yield* use(new Disposed(), () => Promise.resolve("promise"))).toBe("promise");
  });
});

test("what has no end is refused with TypeError, and the body does not run", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    for (const wrong of [{}, 5, undefined, null]) {
      const using = createTask(
        (function* () {
          yield* use(wrong as Disposable, function* () {
            seen.push("body");
          });
        })(),
      );
      expect(yield* outcomeOf(using)).toEqual({ error: expect.any(TypeError) });
    }
    expect(seen).toEqual([]);
  });
});
