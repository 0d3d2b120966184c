/** A deadlock is reported when nothing can wake anybody, debug or not: once, with every task that waits, before they unwind. */
import { coroutine, createTask, DeadlockError, Event, getRunningLoop, type Report, sleep } from "brigade";
import { expect, test } from "vitest";
import { reporting } from "../virtually.ts";

const waiting = coroutine(function* waiting() {
  yield* new Event().wait();
});

for (const debug of [false, true]) {
  test(`the report is run's error, with its tasks, frames and what they wait for (debug: ${debug})`, async () => {
    const { outcome, reports } = await reporting(
      function* () {
        createTask(waiting(), { name: "left alone" });
        yield* sleep(1);
        yield* waiting();
      },
      { debug },
    );
    expect(reports.map((report) => report.kind)).toEqual(["deadlock"]);
    const error = reports[0]?.error as DeadlockError;
    expect(outcome).toEqual({ status: "rejected", reason: error });
    expect(error).toBeInstanceOf(DeadlockError);
    expect(reports[0]?.message).toBe(error.message);
    for (const words of ["left alone", "main", "waiting", "Event.wait", import.meta.filename])
      expect(error.message).toContain(words);
    expect(error.message.includes("made at")).toBe(debug);
  });
}

test("it comes before the tasks unwind, and to the loop's handler first", async () => {
  const order: string[] = [];
  const taken: Report[] = [];
  const { outcome, reports } = await reporting(function* () {
    getRunningLoop().setExceptionHandler((report) => {
      order.push("reported");
      taken.push(report);
    });
    try {
      yield* waiting();
    } finally {
      order.push("unwound");
    }
  });
  expect(outcome.status).toBe("rejected");
  expect(order).toEqual(["reported", "unwound"]);
  expect(taken.map((report) => report.kind)).toEqual(["deadlock"]);
  expect(reports).toEqual([]);
});
