/** Pools of threads and of processes over the module that the tests run in workers, which must leave nothing behind. */
import { type AwaitableLike, type Coroutine, type CoroutineBody, coroutine, type Report, use } from "brigade";
import { type Pool, type PoolOptions, processPool, threadPool } from "brigade/node";
import { assertNoLeaks } from "brigade/testing";
import { expect } from "vitest";
import { eventuallyLeft, held, warmedUp } from "../left.ts";

export type Crunch = typeof import("./modules/crunch.ts");
export type Kind = "thread" | "process";
export const kinds: readonly Kind[] = ["thread", "process"];

/** What workers do takes real time. */
const clock = { now: (): number => performance.now() };

/** Workers load the sources, as the tests do. */
const fromSources = { execArgv: ["--conditions=@brigade/source"] };

export function moduleURL(name: string): URL {
  return new URL(`modules/${name}`, import.meta.url);
}

export function poolOf<M extends object = Crunch>(kind: Kind, options: PoolOptions = {}, name = "crunch.ts"): Pool<M> {
  const make = kind === "thread" ? threadPool : processPool;
  return make<M>(moduleURL(name), { size: 1, ...fromSources, ...options });
}

/** Runs the program in real time; it must leave no task, timer, descriptor, thread or process. Gives what was reported. */
export async function reportsOf(program: () => AwaitableLike<unknown>): Promise<readonly Report[]> {
  await warmedUp();
  const before = held();
  const reports: Report[] = [];
  await assertNoLeaks(program, { clock, onReport: (report) => reports.push(report) });
  expect(await eventuallyLeft(before)).toEqual([]);
  return reports;
}

/** Runs the body with a pool of its own. It must leave nothing, and nothing may be reported. */
export async function withPool(
  kind: Kind,
  options: PoolOptions,
  body: (pool: Pool<Crunch>) => CoroutineBody<unknown>,
): Promise<void> {
  const reports = await reportsOf(() => use(poolOf(kind, options), coroutine(body)));
  expect(reports.map((report) => `${report.kind}: ${report.message}`)).toEqual([]);
}

/** What it throws. */
export const thrownBy: (awaitable: AwaitableLike<unknown>) => Coroutine<unknown> = coroutine(function* thrownBy(
  awaitable: AwaitableLike<unknown>,
): CoroutineBody<unknown> {
  let value: unknown;
  try {
    value = yield* awaitable as Coroutine<unknown>;
  } catch (error) {
    return error;
  }
  throw new Error(`expected an error, not ${String(value)}`);
});
