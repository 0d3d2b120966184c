/** Runs of a main in virtual time, with everything that the loop reports either forbidden or handed to the test. */
import { type AwaitableLike, type Report, type RunOptions, run } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect } from "vitest";

export type Main<T> = AwaitableLike<T> | (() => AwaitableLike<T>);

/** The result of main. A report that nobody expects fails the test. */
export async function virtually<T>(main: Main<T>, options: RunOptions = {}): Promise<T> {
  const { outcome, reports } = await reporting(main, options);
  expect(reports.map((report) => `${report.kind}: ${report.message}`)).toEqual([]);
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** How main ended, and what was reported meanwhile. */
export async function reporting<T>(
  main: Main<T>,
  options: RunOptions = {},
): Promise<{ outcome: PromiseSettledResult<T>; reports: Report[] }> {
  const reports: Report[] = [];
  const [outcome] = await Promise.allSettled([
    run(main, { clock: virtualClock(), onReport: (report) => reports.push(report), ...options }),
  ]);
  return { outcome, reports };
}
