/** Programs with real processes, which must leave nothing behind: no process, zombie, descriptor, timer or task. */
import type { AwaitableLike } from "brigade";
import { assertNoLeaks } from "brigade/testing";
import { expect } from "vitest";
import { eventuallyLeft, held, leftSince } from "../left.ts";

/**
 * Runs the program, in real time because processes know no other. Fails if it leaves anything, or if the loop reports
 * anything. Processes must be gone when it ends, not some time later.
 */
export async function leavingNothing<T>(program: () => AwaitableLike<T>): Promise<T> {
  const before = held();
  const listeners = process.listenerCount("exit");
  const reports: string[] = [];
  const [outcome] = await Promise.allSettled([
    assertNoLeaks(program, {
      clock: { now: () => performance.now() },
      onReport: (report) => reports.push(`${report.kind}: ${report.message}`),
    }),
  ]);
  expect(leftSince(before).filter((line) => line.startsWith("a process"))).toEqual([]);
  expect(process.listenerCount("exit")).toBe(listeners);
  expect(reports).toEqual([]);
  expect(await eventuallyLeft(before)).toEqual([]);
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** What it rejects with, which must be of the class. */
export async function failure<E extends Error>(
  kind: abstract new (...args: never[]) => E,
  promise: Promise<unknown>,
): Promise<E> {
  const [outcome] = await Promise.allSettled([promise]);
  expect(outcome.status === "rejected" ? outcome.reason : outcome.value).toBeInstanceOf(kind);
  return (outcome as PromiseRejectedResult).reason as E;
}
