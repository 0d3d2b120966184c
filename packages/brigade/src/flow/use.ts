/** Resources that are given back, however their use ends. */
import { describe, InvalidStateError } from "../errors.ts";
import { shield } from "../scope/shield.ts";
import type { Acquirable } from "../sync/permit.ts";
import { awaitableOf } from "../task/body.ts";
import { coroutine } from "../task/coroutine.ts";
import { Definition, type Ledger } from "../task/ledger.ts";
import { PromiseLeaf } from "../task/promise.ts";
import { definitionPlace } from "../task/trace.ts";
import type { Awaitable, AwaitableLike, CoroutineBody, Suspension } from "../types.ts";
import { type Giver, type Opening, pull } from "./pull.ts";

/** How a body ended. */
export type Ending =
  | { readonly kind: "value" }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "unwound" };

/** What `use` enters before the body and exits after it (asyncio: an asynchronous context manager). */
export interface AsyncContextManager<T> {
  enter(): Awaitable<T>;
  /** Runs once, shielded. It may throw an error of its own; it can't swallow the body's. */
  exit(ending: Ending): Awaitable<void>;
}

export type Usable<T> = AsyncContextManager<T> | Acquirable<T & Disposable> | (T & (AsyncDisposable | Disposable));

class GeneratorManager<T> implements AsyncContextManager<T> {
  readonly #generator: Giver;
  readonly #ledger: Ledger;

  constructor(generator: Giver, ledger: Ledger) {
    this.#generator = generator;
    this.#ledger = ledger;
  }

  enter(): Awaitable<T> {
    const gave = (result: IteratorResult<unknown, unknown>): T => {
      if (!result.done) return result.value as T;
      throw new InvalidStateError(`context manager "${this.#ledger.name}" gave no value: it has to yield once`);
    };
    return pull(this.#generator, this.#ledger, "next", gave);
  }

  exit(ending: Ending): Awaitable<void> {
    const gave = (result: IteratorResult<unknown, unknown>): void => {
      if (!result.done)
        throw new InvalidStateError(`context manager "${this.#ledger.name}" gave a second value: it yields once`);
    };
    const openings = { value: "next", unwound: "return" } as const;
    const opening: Opening = ending.kind === "error" ? { throw: ending.error } : openings[ending.kind];
    return pull(this.#generator, this.#ledger, opening, gave);
  }
}

/**
 * Makes a function that gives context managers (contextlib.asynccontextmanager): the body sets up, yields the value
 * once, and cleans up. What the body of `use` throws is thrown at the `yield`; an unwinding is a `return` there. A
 * manager may throw an error of its own in place of the body's; it can't swallow it.
 *
 * @example
 * ```ts
 * import { contextManager, run, sleep, use } from "brigade";
 *
 * const connection = contextManager(function* (name: string) {
 *   yield* sleep("1ms");
 *   try {
 *     yield { name };
 *   } finally {
 *     yield* sleep("1ms");
 *   }
 * });
 * console.log(await run(use(connection("db"), ({ name }) => sleep("1ms", name))));
 * ```
 */
export function contextManager<A extends unknown[], T>(
  body: (...args: A) => Generator<Suspension | T, void, unknown>,
): (...args: A) => AsyncContextManager<Exclude<T, Suspension>> {
  if (typeof body !== "function")
    throw new TypeError(`contextManager() takes a generator function, not ${typeof body}`);
  const { ledger } = new Definition(body.name || definitionPlace(contextManager));
  return function (this: unknown, ...args: A) {
    return new GeneratorManager<Exclude<T, Suspension>>(body.apply(this as undefined, args), ledger);
  };
}

/**
 * Enters the manager, runs the body with its value, and exits: on return, error and cancellation, once, shielded. Takes
 * a context manager, something that can be acquired (a lock, a semaphore), or an object with `Symbol.asyncDispose` or
 * `Symbol.dispose`; of the two the asynchronous one is used. An error of the exit takes the place of the body's, which
 * is its `cause` if it has none. Throws `TypeError` for anything else.
 */
export function use<T, R>(manager: Usable<T>, body: (value: T) => AwaitableLike<R>): Awaitable<R> {
  if (typeof body !== "function") throw new TypeError(`use takes a function of the value, not ${typeof body}`);
  return useManager(
    managerOf(manager),
    body as (value: unknown) => AwaitableLike<unknown>,
  ) as Awaitable<unknown> as Awaitable<R>;
}

function managerOf<T>(manager: Usable<T>): AsyncContextManager<unknown> {
  const object = Object(manager ?? 0) as Partial<
    AsyncContextManager<T> & Acquirable<Disposable> & AsyncDisposable & Disposable
  >;
  if (typeof object.enter === "function" && typeof object.exit === "function") return object as AsyncContextManager<T>;
  if (typeof object.acquire === "function") return acquired(object as Acquirable<Disposable>);
  const dispose = object[Symbol.asyncDispose] ?? object[Symbol.dispose];
  if (typeof dispose !== "function") {
    throw new TypeError(
      `use takes a context manager, something to acquire, or a disposable object, not ${describe(manager)}`,
    );
  }
  return { enter: () => constant(object), exit: () => disposing(() => dispose.call(object)) };
}

function acquired(resource: Acquirable<Disposable>): AsyncContextManager<unknown> {
  let permit: Disposable | undefined;
  const keep = coroutine(function* acquire(): CoroutineBody<Disposable> {
    permit = yield* resource.acquire();
    return permit;
  });
  return { enter: keep, exit: () => disposing(() => permit?.[Symbol.dispose]()) };
}

const constant = /* @__PURE__ */ coroutine(function* enter<T>(value: T): CoroutineBody<T> {
  return value;
});

const disposing = /* @__PURE__ */ coroutine(function* dispose(
  call: () => PromiseLike<void> | void | undefined,
): CoroutineBody<void> {
  const promise = call();
  if (typeof promise?.then === "function") yield* new PromiseLeaf(promise);
});

const useManager = /* @__PURE__ */ coroutine(function* use(
  manager: AsyncContextManager<unknown>,
  body: (value: unknown) => AwaitableLike<unknown>,
): CoroutineBody<unknown> {
  const value = yield* manager.enter();
  let ending: Ending = { kind: "unwound" };
  try {
    const result = yield* awaitableOf(body(value), "use");
    ending = { kind: "value" };
    return result;
  } catch (error) {
    ending = { kind: "error", error };
    throw error;
  } finally {
    yield* shield(exit(manager, ending));
  }
});

const exit = /* @__PURE__ */ coroutine(function* exit(
  manager: AsyncContextManager<unknown>,
  ending: Ending,
): CoroutineBody<void> {
  try {
    yield* manager.exit(ending);
  } catch (error) {
    if (ending.kind === "error" && error instanceof Error && error !== ending.error) error.cause ??= ending.error;
    throw error;
  }
});
