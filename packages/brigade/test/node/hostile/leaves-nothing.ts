/** Runs that must leave nothing: no task, timer, descriptor, thread or process. */
import { type AwaitableLike, type Coroutine, type CoroutineBody, coroutine, type Report, run } from "brigade";
import { assertNoLeaks } from "brigade/testing";
import { expect } from "vitest";
import { eventuallyLeft, held, warmedUp } from "../left.ts";

/** What the operating system does takes real time. */
const clock = { now: (): number => performance.now() };

/** Runs it in real time. Fails when it leaves a task, timer, descriptor, thread or process; gives what the loop reported. */
export async function reportsOf(program: () => AwaitableLike<unknown>): Promise<Report[]> {
  await warmedUp();
  const before = held();
  const reports: Report[] = [];
  await assertNoLeaks(program, { clock, onReport: (report) => reports.push(report) });
  expect(await eventuallyLeft(before)).toEqual([]);
  return reports;
}

/** As `reportsOf`, where the end of the run has tasks to end. */
export async function reportsOfCutOff(program: () => AwaitableLike<unknown>): Promise<Report[]> {
  await warmedUp();
  const before = held();
  const reports: Report[] = [];
  await run(program, { onReport: (report) => reports.push(report) });
  expect(await eventuallyLeft(before)).toEqual([]);
  return reports;
}

/** Leaves nothing, and nothing may be reported. */
export async function expectNothingLeft(program: () => AwaitableLike<unknown>): Promise<void> {
  const reports = await reportsOf(program);
  expect(reports.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([]);
}

/** The error that it throws. */
export const errorOf: (awaitable: AwaitableLike<unknown>) => Coroutine<Error> = coroutine(function* errorOf(
  awaitable: AwaitableLike<unknown>,
): CoroutineBody<Error> {
  let value: unknown;
  try {
    value = yield* awaitable as Coroutine<unknown>;
  } catch (error) {
    return error as Error;
  }
  throw new Error(`expected an error, not ${String(value)}`);
});
