/** Tasks: functions with a name, that can be called here and submitted to workers. */
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine, type Duration, fromPromise } from "brigade";
import { milliseconds } from "../durations.ts";
import type { Rate } from "../engine/engine.ts";

/** Where the jobs of a task run in a worker: in a process of its pool, or on its event loop. */
export type RunsIn = "process" | "loop";

/** A rate: "10/s", "100/m", "1000/h". */
export type RateText = `${number}/${"s" | "m" | "h"}`;

export interface TaskDefinitionOptions {
  /** The task's name, by which submitters and workers know it. The function's name unless given. */
  readonly name?: string;
  /** How many failures of a job are followed by another attempt. 0 unless given. */
  readonly retries?: number;
  /** The pause before the first of these; it doubles with each, up to an hour, and is spread by a tenth. 1 s unless given. */
  readonly backoff?: Duration;
  /** How long one attempt may take. Without limit unless given. */
  readonly timeout?: Duration;
  /** How many jobs may start in a time, over all workers of the queue: "10/s". */
  readonly rate?: RateText;
  /** Where the jobs run: `"process"`, in a process of the worker's pool (the default), or `"loop"`, on the worker's own loop, for what only waits. */
  readonly runs?: RunsIn;
}

/** What is known of a task where its code need not be: its name, and by its type what it takes and gives. */
export interface TaskReference<A extends readonly unknown[], R> {
  readonly taskName: string;
  /** Never there: it carries the types. */
  readonly signature?: (...args: A) => R;
}

/** A task: called, it is the coroutine itself, and runs here. */
export interface TaskDefinition<A extends unknown[], R> extends TaskReference<A, R> {
  (...args: A): Coroutine<R>;
  readonly retries: number;
  /** In ms. */
  readonly backoff: number;
  /** In ms. */
  readonly timeout: number | undefined;
  readonly rate: Rate | undefined;
  readonly runs: RunsIn;
}

/** What a function gives in the end. */
export type Settled<G> = G extends Awaitable<infer T> ? T : G extends PromiseLike<infer T> ? T : G;

const functions = new WeakMap<object, (...args: never) => unknown>();
const PERIODS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Makes a task of a function: plain, async, a coroutine function, or a generator function that is the body of one. Export it from the module that
 * workers load. Called, it is a coroutine and runs here; `submit` runs it on a worker. (Celery: `@app.task`.)
 *
 * Throws `TypeError` for what is not a function, and for one that has no name; `RangeError` for options out of range.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { task } from "@brigade/workers";
 *
 * const resize = task(
 *   function* resize(file: string, width: number) {
 *     yield* sleep("1ms");
 *     return `${file} at ${width}`;
 *   },
 *   { retries: 3, timeout: "1m" },
 * );
 * console.log(resize.taskName, await run(resize("cat.png", 100)));
 * ```
 */
export function task<A extends unknown[], G>(
  body: (...args: A) => G,
  options: TaskDefinitionOptions = {},
): TaskDefinition<A, Settled<G>> {
  if (typeof body !== "function") throw new TypeError(`task takes a function, not ${typeof body}`);
  const name = options.name ?? body.name;
  if (typeof name !== "string" || name === "")
    throw new TypeError("task: the function has no name: write task(function* resize() {…}), or give { name }");
  const isBody = body.constructor.name === "GeneratorFunction";
  const lazy = (isBody ? coroutine(body as never) : body) as (...args: A) => unknown;
  const made = isBody ? (lazy as (...args: A) => Coroutine<Settled<G>>) : calling<A, Settled<G>>(name, lazy);
  functions.set(made, lazy);
  return Object.assign(made, { taskName: name, ...settingsOf(name, options) }) as TaskDefinition<A, Settled<G>>;
}

function settingsOf(
  name: string,
  { retries = 0, backoff = "1s", timeout, rate, runs = "process" }: TaskDefinitionOptions,
): Pick<TaskDefinition<[], unknown>, "retries" | "backoff" | "timeout" | "rate" | "runs"> {
  checkRetries(retries, `task ${name}`);
  if (runs !== "process" && runs !== "loop")
    throw new RangeError(`task ${name}: runs is "process" or "loop", not "${String(runs)}"`);
  return {
    retries,
    backoff: milliseconds(backoff, `task ${name}, backoff`),
    timeout: timeout === undefined ? undefined : milliseconds(timeout, `task ${name}, timeout`),
    rate: rate === undefined ? undefined : rateOf(rate, `task ${name}`),
    runs,
  };
}

/** Throws `RangeError` that names `what`. */
export function checkRetries(retries: number, what: string): void {
  if (Number.isInteger(retries) && retries >= 0) return;
  throw new RangeError(`${what}: retries is a whole number from 0, not ${String(retries)}`);
}

/** "10/s" in figures. `what` is named in the error. */
function rateOf(rate: string, what: string): Rate {
  const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*\/\s*([smh])\s*$/.exec(rate) ?? [];
  const number = Number(count);
  if (!(number > 0)) throw new RangeError(`${what}: "${rate}" is not a rate: write "10/s", "100/m" or "5/h"`);
  return { count: number, per: PERIODS[unit as string] as number };
}

/** The function that a task was made of; `undefined` for anything that is no task. */
export function functionOf(value: unknown): ((...args: readonly unknown[]) => unknown) | undefined {
  return typeof value === "function"
    ? (functions.get(value) as ((...args: readonly unknown[]) => unknown) | undefined)
    : undefined;
}

/** A coroutine function of the name that calls another kind of function, and waits for what that gives. */
function calling<A extends unknown[], R>(name: string, call: (...args: A) => unknown): (...args: A) => Coroutine<R> {
  const body = {
    [name]: function* (...args: A): CoroutineBody<R> {
      return (yield* settled(call(...args))) as R;
    },
  }[name] as (this: void, ...args: A) => CoroutineBody<R>;
  return coroutine<void, A, R>(body);
}

/** Waits for what a function gave, whatever kind of function it is. */
export const settled: (gave: unknown) => Coroutine<unknown> = /* @__PURE__ */ coroutine(function* settled(
  gave: unknown,
): CoroutineBody<unknown> {
  if (isAwaitable(gave)) return yield* isBare(gave) ? coroutine(() => gave)() : gave;
  return isThenable(gave) ? yield* fromPromise(gave) : gave;
});

/** Whether there is something to wait for. */
export function isAwaited(gave: unknown): boolean {
  return isAwaitable(gave) || isThenable(gave);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** A generator, a coroutine, a task, a leaf: what `yield*` waits for. What can only be iterated is a value. */
export function isAwaitable(value: unknown): value is Awaitable<unknown> {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return false;
  const { next, close } = value as { readonly next?: unknown; readonly close?: unknown };
  return typeof next === "function" || typeof close === "function";
}

/** A bare generator: only as a coroutine's body is it unwound frame by frame. */
function isBare(value: Awaitable<unknown>): value is CoroutineBody<unknown> {
  return Object.prototype.toString.call(value) === "[object Generator]" && !("close" in value);
}
