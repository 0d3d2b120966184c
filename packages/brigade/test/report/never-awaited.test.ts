/** A coroutine that nobody ever starts is reported at the end of run, with its name and how many there were. */
import {
  coroutine,
  createTask,
  gather,
  moveOnAfter,
  race,
  type Report,
  shield,
  sleep,
  taskGroup,
  timeout,
  toPromise,
} from "brigade";
import { expect, test } from "vitest";
import { nextLine } from "../source-line.ts";
import { outcomeOf } from "../outcome.ts";
import { type Main, reporting, virtually } from "../virtually.ts";

const bakeCake = coroutine(function* bakeCake(layers: number) {
  yield* sleep(layers);
  return layers;
});
const makeTea = coroutine(function* makeTea() {
  yield* sleep(1);
});

async function reportsOf(main: Main<unknown>, debug = false): Promise<Report[]> {
  const { outcome, reports } = await reporting(main, { debug });
  expect(outcome.status).toBe("fulfilled");
  return reports;
}

test("a forgotten yield* is reported at the end of run, with the name of the coroutine", async () => {
  const reports = await reportsOf(function* () {
    bakeCake(1);
    yield* sleep(1);
  });
  expect(reports.map((report) => report.kind)).toEqual(["never-awaited"]);
  expect(reports[0]?.message).toContain("bakeCake");
});

test("several of one function are one report, with their count", async () => {
  const reports = await reportsOf(function* () {
    for (let i = 0; i < 37; i++) bakeCake(i);
    yield* sleep(1);
  });
  expect(reports).toHaveLength(1);
  expect(reports[0]?.message).toContain("bakeCake");
  expect(reports[0]?.message).toContain("37");
});

test("coroutines of two functions are both named, each with its count", async () => {
  const reports = await reportsOf(function* () {
    for (let i = 0; i < 12; i++) bakeCake(i);
    for (let i = 0; i < 34; i++) makeTea();
    yield* sleep(1);
  });
  const said = reports.map((report) => report.message).join("\n");
  expect(said).toMatch(/bakeCake[^\n]*12|12[^\n]*bakeCake/);
  expect(said).toMatch(/makeTea[^\n]*34|34[^\n]*makeTea/);
  expect(new Set(reports.map((report) => report.kind))).toEqual(new Set(["never-awaited"]));
});

test("in debug the report says where each was made", async () => {
  let line = 0;
  const reports = await reportsOf(function* () {
    line = nextLine();
    bakeCake(1);
    yield* sleep(1);
  }, true);
  expect(reports.map((report) => report.kind)).toEqual(["never-awaited"]);
  expect(reports[0]?.message).toContain(`never-awaited.test.ts:${line}`);
});

test("where it was made is said of those that were forgotten, not of those that were awaited", async () => {
  const lines = { awaited: 0, forgotten: 0 };
  const reports = await reportsOf(function* () {
    lines.awaited = nextLine();
    yield* bakeCake(1);
    lines.forgotten = nextLine();
    bakeCake(2);
  }, true);
  expect(reports).toHaveLength(1);
  expect(reports[0]?.message).toContain(`never-awaited.test.ts:${lines.forgotten}`);
  expect(reports[0]?.message).not.toContain(`never-awaited.test.ts:${lines.awaited}`);
});

test("a coroutine that was awaited, closed or given away is not reported", async () => {
  await virtually(function* () {
    yield* bakeCake(1);
    bakeCake(2).close();
    yield* createTask(bakeCake(3));
    yield* gather([bakeCake(4), makeTea()]);
    yield* gather({ cake: bakeCake(5) });
    yield* race([bakeCake(6), makeTea()]);
    yield* timeout(10, bakeCake(7));
    yield* moveOnAfter(10, bakeCake(8));
    yield* shield(bakeCake(9));
    yield* taskGroup((group) => group.createTask(bakeCake(10)));
    void toPromise(bakeCake(11));
    yield* sleep(20);
  });
});

test("handing a coroutine to gather, a group or a scope counts as its use, even if it is never reached", async () => {
  const failing = coroutine(function* failing() {
    yield* sleep(1);
    throw new Error("no stock");
  });
  await virtually(function* () {
    yield* outcomeOf(createTask(gather([failing(), bakeCake(1), bakeCake(2), makeTea()], { limit: 1 })));
    gather([bakeCake(3)]);
    gather({ cake: bakeCake(4) });
    race([bakeCake(5), makeTea()]);
    timeout(5, bakeCake(6));
    moveOnAfter(5, bakeCake(7));
    shield(bakeCake(8));
    createTask(bakeCake(10)).cancel();
    yield* outcomeOf(
      createTask(
        taskGroup(function* (group) {
          group.cancelChildren();
          group.createTask(bakeCake(11));
          yield* sleep(1);
        }),
      ),
    );
  });
});

test("the coroutines that an iterable never came to give are nobody's", async () => {
  let made = 0;
  await virtually(function* () {
    const endless = (function* () {
      for (;;) {
        made++;
        yield made === 3 ? gather([Promise.reject(new Error("the third"))]) : makeTea();
      }
    })();
    yield* outcomeOf(createTask(gather(endless, { limit: 1 })));
  });
  expect(made).toBeLessThan(10);
});

test("a coroutine of a run that fails is reported as well, next to the error", async () => {
  const error = new Error("main fails");
  const { outcome, reports } = await reporting(function* () {
    bakeCake(1);
    yield* sleep(1);
    throw error;
  });
  expect(outcome).toEqual({ status: "rejected", reason: error });
  expect(reports.map((report) => report.kind)).toEqual(["never-awaited"]);
});

test("one run does not report what another forgot", async () => {
  const [first, second] = await Promise.all([
    reporting(function* () {
      bakeCake(1);
      yield* sleep(1);
    }),
    reporting(function* () {
      yield* sleep(1);
    }),
  ]);
  expect(first.reports).toHaveLength(1);
  expect(second.reports).toHaveLength(0);
});

test("a coroutine that is collected before run ends is reported all the same", async () => {
  const reports = await reportsOf(function* () {
    for (let i = 0; i < 3; i++) bakeCake(i);
    yield* sleep(1);
    globalThis.gc?.();
    yield* sleep(1);
  });
  expect(reports).toHaveLength(1);
  expect(reports[0]?.message).toContain("3");
});
