/** Runs a body for each item of a source, one after another or several at once. */
import { ExceptionGroup, suppress } from "../errors.ts";
import { taskGroup, type TaskGroup } from "../scope/task-group.ts";
import { shield } from "../scope/shield.ts";
import { Semaphore } from "../sync/semaphore.ts";
import { awaitableOf } from "../task/body.ts";
import { coroutine } from "../task/coroutine.ts";
import type { Awaitable, AwaitableLike, Coroutine, CoroutineBody } from "../types.ts";
import { type Reader, readerOf, type Source } from "./source.ts";

type Body<T> = (item: T) => AwaitableLike<unknown> | void;

/**
 * Reads the source to its end and runs the body for each item: one after another, or, with `limit`, up to that many at
 * once, in bounded memory. A queue is read until its shutdown, with `taskDone()` after each body. The first failure, of
 * a body or of the source, cancels the others and is thrown (as in `gather`). Leaving early closes the source. Throws
 * `RangeError` for a bad limit, `TypeError` for what can't be read.
 */
export function forEach<T>(
  source: Source<T>,
  body: Body<T>,
  options: { readonly limit?: number } = {},
): Awaitable<void> {
  const { limit = 1 } = options;
  checkLimit(limit, "forEach");
  if (typeof body !== "function") throw new TypeError(`forEach takes a function of an item, not ${typeof body}`);
  const reader = readerOf(source, "forEach");
  return limit === 1 ? inTurn(reader, body) : atOnce(reader, body, limit);
}

export function checkLimit(limit: number, taker: string): void {
  if (limit === Infinity || (Number.isInteger(limit) && limit > 0)) return;
  throw new RangeError(`${taker}: limit is ${limit}; use a whole number of at least 1`);
}

const inTurn = /* @__PURE__ */ coroutine(function* forEach<T>(reader: Reader<T>, body: Body<T>): CoroutineBody<void> {
  let ended = false;
  try {
    for (;;) {
      const next = yield* reader.next();
      if (next.done) {
        ended = true;
        return;
      }
      const running = begun(reader, body, next.value);
      if (running !== undefined) yield* running;
    }
  } finally {
    if (!ended) yield* shield(reader.close());
  }
});

/**
 * Calls the body, and gives what is left to wait for. A frame for each body costs four times what reading a line does: one
 * that is over when it returns gets none.
 */
function begun<T>(reader: Reader<T>, body: Body<T>, item: T): Coroutine<void> | undefined {
  let result: AwaitableLike<unknown> | void;
  try {
    result = body(item);
  } catch (error) {
    reader.done?.();
    throw error;
  }
  if (result !== undefined) return rest(reader, result);
  reader.done?.();
  return undefined;
}

const rest = /* @__PURE__ */ coroutine(function* body<T>(
  reader: Reader<T>,
  result: AwaitableLike<unknown>,
): CoroutineBody<void> {
  try {
    yield* awaitableOf(result, "forEach");
  } finally {
    reader.done?.();
  }
});

const atOnce = /* @__PURE__ */ coroutine(function* forEach<T>(
  reader: Reader<T>,
  body: Body<T>,
  limit: number,
): CoroutineBody<void> {
  const places = new Semaphore(limit === Infinity ? Number.MAX_SAFE_INTEGER : limit);
  const one = coroutine(function* forEach(item: T): CoroutineBody<void> {
    try {
      const running = begun(reader, body, item);
      if (running !== undefined) yield* running;
    } finally {
      places.release();
    }
  });
  const readAll = function* (group: TaskGroup): CoroutineBody<void> {
    for (;;) {
      yield* places.acquire();
      const next = yield* reader.next();
      if (next.done) return;
      group.createTask(one(next.value));
    }
  };
  let ended = false;
  try {
    yield* taskGroup(readAll);
    ended = true;
  } catch (error) {
    throw firstOf(error);
  } finally {
    if (!ended) yield* shield(reader.close());
  }
});

/** The first error of a task group; the others are suppressed by it. */
function firstOf(error: unknown): unknown {
  if (!(error instanceof ExceptionGroup)) return error;
  const [first, ...others] = error.errors as unknown[];
  for (const other of others) suppress(first, other);
  return first;
}
