/** A bare generator delegated inside a coroutine is hidden from the runtime: debug names it, once for each place. */
import { coroutine, createTask, gather, sleep, timeout } from "brigade";
import { expect, test } from "vitest";
import { nextLine } from "../source-line.ts";
import { reporting, virtually } from "../virtually.ts";

function* bareStep(ms: number) {
  yield* sleep(ms);
  return ms;
}

test("in debug a delegation to a bare generator is reported, the first time per place", async () => {
  const { outcome, reports } = await reporting(
    function* () {
      let total = 0;
      for (let i = 0; i < 5; i++) total += yield* bareStep(1);
      return total;
    },
    { debug: true },
  );
  expect(outcome).toEqual({ status: "fulfilled", value: 5 });
  expect(reports.map((report) => report.kind)).toEqual(["bare-generator"]);
  expect(reports[0]?.message).toContain("bareStep");
});

test("the report says where", async () => {
  const lines = { delegation: 0, wait: 0 };
  function* hidden() {
    lines.wait = nextLine();
    yield* sleep(1);
  }
  const caller = coroutine(function* caller() {
    lines.delegation = nextLine();
    yield* hidden();
  });
  const { reports } = await reporting(caller(), { debug: true });
  expect(reports).toHaveLength(1);
  const said = reports[0]?.message ?? "";
  expect(said).toContain("hidden");
  // The line that delegates and the line that waits both lead to the generator.
  expect([`bare-generator.test.ts:${lines.delegation}`, `bare-generator.test.ts:${lines.wait}`]).toContain(
    /bare-generator\.test\.ts:\d+/.exec(said)?.[0],
  );
});

test("two places are two reports", async () => {
  function* oneBareStep() {
    yield* sleep(1);
  }
  const first = coroutine(function* first() {
    yield* oneBareStep();
  });
  function* anotherBareStep() {
    yield* sleep(1);
  }
  const second = coroutine(function* second() {
    yield* anotherBareStep();
  });
  const { reports } = await reporting(
    function* () {
      yield* first();
      yield* second();
      yield* first();
      yield* second();
    },
    { debug: true },
  );
  expect(reports.map((report) => report.kind)).toEqual(["bare-generator", "bare-generator"]);
});

test("without debug nothing is reported", async () => {
  await virtually(
    function* () {
      yield* bareStep(1);
    },
    { debug: false },
  );
});

test("a bare generator that the runtime runs itself is not hidden, and not reported", async () => {
  await virtually(
    function* () {
      yield* createTask(bareStep(1));
      yield* gather([bareStep(1), bareStep(2)]);
      yield* timeout(10, bareStep(1));
      yield* timeout(10, function* () {
        yield* sleep(1);
      });
    },
    { debug: true },
  );
});

test("coroutines and the runtime's own awaitables are never taken for bare generators", async () => {
  const deeper = coroutine(function* deeper(depth: number) {
    yield* sleep(depth);
  });
  const proper = coroutine(function* proper(depth: number) {
    yield* deeper(depth);
  });
  await virtually(
    function* () {
      yield* proper(1);
      yield* gather([proper(1), timeout(5, proper(2))]);
      yield* sleep(1);
    },
    { debug: true },
  );
});
