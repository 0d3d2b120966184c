/** One function, given inline, on a thread: without a module of its own, and therefore without anything from outside itself. */
import { stream } from "../../flow/stream.ts";
import type { Loop } from "../../kernel/loop.ts";
import { coroutine } from "../../task/coroutine.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { threadPool } from "../pool/pool.ts";
import type { Pool } from "../pool/types.ts";
import { GENERATOR, loadParser, type Parser } from "./outside.ts";

type ThreadModule = typeof import("./thread-module.ts");

/**
 * Runs the function on a thread of the loop's own pool, with copies of the arguments, and waits for its result
 * (asyncio.to_thread). The function is sent as text, and can use nothing from outside itself but globals such as `Math` or
 * `fetch`, and what it imports inside: `const { gzipSync } = await import("node:zlib")`. It may be async. The result, or the error
 * with its class and the stack of both sides, comes as from a `threadPool`; arguments marked by `transfer` are moved.
 *
 * Cancellation gives the function, which nothing tells to stop, the pool's grace of 1 s to end; then its thread is replaced. The task
 * unwinds after that. The pool has as many threads as the machine has processors, starts with the first call, and ends with the
 * run. For a function that should notice its cancellation, that is used often, or that needs others, use a `threadPool`.
 *
 * It needs the packages `acorn` and `eslint-scope`. Throws `TypeError` for what is no plain function; where it is awaited, for a
 * function that uses names from outside, `this`, `import.meta` or a relative `import()`, with the lines.
 *
 * @example
 * ```ts
 * import { run } from "brigade";
 * import { toThread } from "brigade/node";
 *
 * const total = await run(function* () {
 *   return yield* toThread((count: number) => {
 *     let sum = 0;
 *     for (let i = 1; i <= count; i++) sum += i;
 *     return sum;
 *   }, 1_000_000);
 * });
 * console.log(total);
 * ```
 */
export function toThread<A extends unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
  ...args: A
): Awaitable<Awaited<R>> {
  const source = textOf(fn);
  return calling(source, fn.name, args) as Awaitable<unknown> as Awaitable<Awaited<R>>;
}

// All functions that coroutine() makes have one text, as have those of stream().
const made = /* @__PURE__ */ [coroutine(function* () {}), stream(function* () {})].map(String);

/** The function's text. Throws `TypeError` for what has none, or is of no use in a thread. */
function textOf(fn: unknown): string {
  if (typeof fn !== "function")
    throw new TypeError(`toThread takes a function, not ${fn === null ? "null" : typeof fn}`);
  const source = Function.prototype.toString.call(fn);
  const who = `toThread: the function ${fn.name === "" ? "" : `"${fn.name}" `}can't run in a thread: `;
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new TypeError(`${who}it is native or bound, and has no text; wrap it in a function that calls it`);
  }
  const kind = Object.prototype.toString.call(fn);
  if (kind === "[object GeneratorFunction]" || kind === "[object AsyncGeneratorFunction]") {
    throw new TypeError(who + GENERATOR);
  }
  if (made.includes(source)) {
    throw new TypeError(
      `${who}it is a coroutine or stream function, which needs the runtime; put it into a module for a threadPool`,
    );
  }
  return source;
}

let parser: Parser | undefined; // loaded with the first call
const pools = /* @__PURE__ */ new WeakMap<Loop, Pool<ThreadModule>>();

const calling = /* @__PURE__ */ coroutine(function* toThread(
  source: string,
  name: string,
  args: readonly unknown[],
): CoroutineBody<unknown> {
  parser ??= yield* new PromiseLeaf(loadParser());
  const expression = parser.expressionOf(source, name);
  return yield* poolOf(runningTaskLoop()).call("inlineFunction", expression, name, ...args);
});

/** One for each loop, which closes it. */
function poolOf(loop: Loop): Pool<ThreadModule> {
  let pool = pools.get(loop);
  if (pool === undefined) pools.set(loop, (pool = threadPool<ThreadModule>(moduleUrl(), { name: "toThread" })));
  return pool;
}

/** Beside this file: .ts in the sources, .js where they are built. */
function moduleUrl(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return new URL(`./thread-module${extension}`, import.meta.url);
}
