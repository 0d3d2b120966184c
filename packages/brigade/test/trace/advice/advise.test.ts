/** What advice there is on which program, and that its numbers are those of the changed program. */
import { readFileSync } from "node:fs";
import {
  type Awaitable,
  coroutine,
  createTask,
  type CoroutineBody,
  gather,
  Lock,
  run,
  Semaphore,
  sleep,
} from "brigade";
import { virtualClock } from "brigade/testing";
import {
  type Advice,
  adviceReport,
  advise,
  type AdviseOptions,
  readTrace,
  recorder,
  type SourceReader,
  type Trace,
  TraceWriter,
  CLOCK,
  CREATED,
  DONE,
  FRAME,
  NAMED,
  STACK,
  STEP,
  TICKS,
  WOKEN,
} from "brigade/trace";
import { describe, expect, test } from "vitest";

type Main = () => CoroutineBody<unknown> | Awaitable<unknown>;

async function traceOf(main: Main): Promise<Trace> {
  const observer = recorder({ lines: 1 }); // however long that takes: all that matters here has its line
  await run(main as () => CoroutineBody<unknown>, { observer, clock: virtualClock() });
  return readTrace(observer.bytes());
}

async function took(main: Main): Promise<number> {
  const clock = virtualClock();
  const began = clock.now();
  await run(main as () => CoroutineBody<unknown>, { clock });
  return clock.now() - began;
}

/** Without the critical path, which is no change. */
function changes(trace: Trace, options?: AdviseOptions): Advice[] {
  return advise(trace, options).filter(({ kind }) => kind !== "critical-path");
}

const load = coroutine(function* load(ms: number) {
  yield* sleep(ms);
  return ms;
});

/** Says of everything that it is independent, and what to write: nothing. */
const sure: SourceReader = {
  sequential: (_file, awaits) => ({
    read: true,
    reasons: [],
    groups: [
      {
        awaits: awaits.map((_, index) => index),
        line: awaits[0]?.line ?? 0,
        endLine: awaits.at(-1)?.line ?? 0,
        code: "code",
        imports: ["gather"],
        notes: ["a note"],
      },
    ],
  }),
  loop: (_file, { line }) => ({
    read: true,
    polls: true,
    independent: true,
    reasons: ["a reason"],
    line: line - 1,
    endLine: line + 1,
    code: "loop",
    imports: [],
  }),
  limit: () => undefined,
  text: () => undefined,
};

describe("awaits in a row", () => {
  const page = coroutine(function* page(extra: number) {
    yield* load(30);
    yield* load(20);
    yield* load(10 + extra);
  });
  const inRow: Main = function* () {
    yield* gather([page(0), page(0), page(3)]);
  };

  test("save what the program with `gather` takes less", async () => {
    const [advice] = changes(await traceOf(inRow), { source: sure });
    const at = coroutine(function* at(extra: number) {
      yield* gather([load(30), load(20), load(10 + extra)]);
    });
    expect(advice?.kind).toBe("sequential-awaits");
    expect(advice?.saving).toBe((await took(inRow)) - (await took(() => gather([at(0), at(0), at(3)]))));
    expect(advice).toMatchObject({ calls: 3, perCall: { saving: 30, of: 60 }, code: "code", imports: ["gather"] });
    expect(advice?.title).toMatch(
      /^advise\.test\.ts, lines \d+ to \d+ wait one after another; `gather` would save 30 ms of 60 ms \(median of 3 calls\)$/,
    );
    expect(advice?.file).toBe(import.meta.filename);
  });

  test("without a reader of source say that nobody looked, and show no code", async () => {
    const [advice] = changes(await traceOf(inRow));
    expect(advice?.code).toBeUndefined();
    expect(advice?.title).toContain("would, if they are independent, save");
    expect(advice?.details.join()).toContain("nobody has looked at the source");
  });

  test("that need each other, as the reader says, are no advice", async () => {
    const source: SourceReader = {
      ...sure,
      sequential: () => ({ read: true, groups: [], reasons: ["line 2 needs `a`"] }),
    };
    expect(changes(await traceOf(inRow), { source })).toEqual([]);
  });

  test("that have been gathered are no advice", async () => {
    const trace = await traceOf(() => gather([load(30), load(20)]));
    expect(changes(trace, { source: sure })).toEqual([]);
  });

  test("that only pause are none, without a reader", async () => {
    const trace = await traceOf(function* () {
      yield* sleep(10);
      yield* sleep(20);
    });
    expect(changes(trace)).toEqual([]);
  });

  test("of which a semaphore lets in one at a time save nothing", async () => {
    const permits = new Semaphore(1);
    const one = coroutine(function* one(ms: number) {
      using _ = yield* permits.acquire();
      yield* sleep(ms);
    });
    const trace = await traceOf(function* () {
      yield* one(10);
      yield* one(20);
    });
    expect(changes(trace, { source: sure })).toEqual([]);
  });

  test("around a permit that was given back in between are taken apart rightly", async () => {
    const permits = new Semaphore(2);
    const one = coroutine(function* one(ms: number) {
      using _ = yield* permits.acquire();
      yield* sleep(ms);
    });
    const trace = await traceOf(function* () {
      yield* one(10);
      yield* one(20);
      yield* one(30);
    });
    // Two at once: 10 and 20, then 30 behind the 10.
    expect(changes(trace, { source: sure })[0]?.saving).toBe(60 - 40);
  });
});

describe("a loop", () => {
  const items = Array.from({ length: 25 }, (_, index) => 10 + (index % 3));
  const inTurn: Main = function* () {
    for (const item of items) {
      yield* load(item);
    }
  };

  test("saves what the program with `gather` and a limit takes less", async () => {
    const [advice, ...others] = changes(await traceOf(inTurn), { source: sure });
    const atOnce = await took(() =>
      gather(
        items.map((item) => load(item)),
        { limit: 10 },
      ),
    );
    expect(others).toEqual([]);
    expect(advice).toMatchObject({ kind: "sequential-loop", code: "loop", calls: 1 });
    expect(advice?.saving).toBe((await took(inTurn)) - atOnce);
    expect(advice?.title).toMatch(/waits in a loop, 25 times one after the other; `gather` with 10 at once would save/);
  });

  test("of several awaits keeps each iteration in order", async () => {
    const trace = await traceOf(function* () {
      for (const item of [1, 2, 3]) {
        yield* load(10 * item);
        yield* load(5);
      }
    });
    const loop = changes(trace, { source: sure }).find(({ kind }) => kind === "sequential-loop");
    expect(loop?.saving).toBe(15 + 25 + 35 - 35);
  });

  test("whose iterations need each other is no advice", async () => {
    const source: SourceReader = {
      ...sure,
      loop: () => ({ read: true, polls: false, independent: false, reasons: ["`cursor` goes from one to the next"] }),
    };
    expect(changes(await traceOf(inTurn), { source })).toEqual([]);
  });
});

describe("calls nobody read the lines of", () => {
  /** Calls of `page`, one task each, one after the other, which await `load` twice. `lines`: those that were read, by call. */
  function calls(lines: readonly (readonly (number | undefined)[])[]): Trace {
    const parts: Uint8Array[] = [];
    const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0 });
    const place = (line: number | undefined): number => {
      const at = line === undefined ? {} : { file: "/app/main.ts", line, column: 9 };
      const frames = [{ name: "load" }, { name: "page", ...at }];
      return writer.place({ kind: "promise", frames, exact: line !== undefined });
    };
    writer.event(CLOCK, 0, 0, 1, 0);
    for (const [index, [first, second]] of lines.entries()) {
      const task = index + 1;
      const root = task * 10;
      const began = index * 30; // one after the other
      writer.event(CREATED, began, task, 0, writer.string("page"));
      writer.event(FRAME, began, task, root, 0);
      writer.event(FRAME, began, task, root + 1, root);
      writer.event(STACK, began, task, root + 1, 2);
      writer.event(STEP, began, task, 0, place(first));
      writer.event(WOKEN, began + 10, task, 0, 0);
      writer.event(FRAME, began + 10, task, root + 2, root);
      writer.event(STACK, began + 10, task, root + 2, 2);
      writer.event(STEP, began + 10, task, 0, place(second));
      writer.event(WOKEN, began + 30, task, 0, 0);
      writer.event(DONE, began + 30, task, 1, 0);
      writer.event(STEP, began + 30, task, 0, 0);
    }
    writer.close();
    return readTrace(Uint8Array.from(parts.flatMap((part) => [...part])));
  }

  test("are recognised by those that went the same way", () => {
    const trace = calls([
      [3, undefined],
      [undefined, undefined],
      [undefined, 4],
    ]);
    expect(changes(trace, { source: sure })[0]).toMatchObject({ kind: "sequential-awaits", calls: 3, saving: 30 });
  });

  test("are not taken for a loop where only one of their lines is known", () => {
    const trace = calls([
      [3, undefined],
      [undefined, undefined],
    ]);
    expect(changes(trace, { source: sure })).toEqual([]);
  });

  test("stay unknown where calls that went the same way were at several lines", () => {
    const trace = calls([
      [3, 4],
      [5, 4],
      [undefined, undefined],
    ]);
    expect(changes(trace, { source: sure })[0]?.calls).toBe(1);
  });
});

describe("a limit", () => {
  const work = coroutine(function* work(permits: Semaphore) {
    using _ = yield* permits.acquire();
    yield* sleep(20);
  });
  const limited =
    (limit: number): Main =>
    () => {
      const permits = new Semaphore(limit, { name: "api" });
      return gather(Array.from({ length: 6 }, () => work(permits)));
    };

  test("of a semaphore saves what one more permit brings", async () => {
    const [advice] = changes(await traceOf(limited(2)));
    expect(advice).toMatchObject({ kind: "bottleneck", saving: (await took(limited(2))) - (await took(limited(3))) });
    expect(advice?.title).toContain("Semaphore `api` of 2 for");
    expect(advice?.details).toContain("with 4 it would save 20 ms");
  });

  test("that one more would not help is no advice", async () => {
    expect(changes(await traceOf(limited(4)))).toEqual([]);
  });

  test("of a gather is found as well", async () => {
    const all =
      (limit: number): Main =>
      () =>
        gather(
          [20, 20, 20].map((ms) => load(ms)),
          { limit },
        );
    const [advice] = changes(await traceOf(all(2)));
    expect(advice).toMatchObject({ kind: "bottleneck", saving: (await took(all(2))) - (await took(all(3))) });
    expect(advice?.title).toContain("the limit of gather of 2");
  });

  test("of a lock says to hold it for less", async () => {
    const lock = new Lock({ name: "db" });
    const one = coroutine(function* one() {
      using _ = yield* lock.acquire();
      yield* sleep(10);
    });
    const [advice] = changes(await traceOf(() => gather([one(), one(), one()])));
    expect(advice).toMatchObject({ kind: "bottleneck", saving: 10 });
    expect(advice?.details.join()).toContain("hold it for less");
  });
});

describe("polling", () => {
  const polling: Main = function* () {
    let ready = false;
    createTask(
      coroutine(function* prepare() {
        yield* sleep(61);
        ready = true;
      })(),
    );
    while (!ready) yield* sleep(20);
    yield* sleep(5);
  };

  test("saves the time between the change and the next look", async () => {
    const [advice] = changes(await traceOf(polling));
    expect(advice).toMatchObject({ kind: "polling", saving: 80 - 61 });
    expect(advice?.title).toMatch(/sleeps 20 ms and looks again, 4 times; being told would save 19 ms of 85 ms$/);
  });

  test("is none where the reader sees another reason for the sleeps", async () => {
    const source: SourceReader = {
      ...sure,
      loop: () => ({ read: true, polls: false, independent: false, reasons: [] }),
    };
    expect(changes(await traceOf(polling), { source })).toEqual([]);
  });
});

describe("a task that nobody waits for", () => {
  test("is named, with how it ends", async () => {
    const trace = await traceOf(function* () {
      createTask(
        coroutine(function* ticks() {
          for (;;) yield* load(3_000);
        })(),
      );
      yield* sleep(100);
    });
    const [advice] = changes(trace);
    const source = readFileSync(import.meta.filename, "utf8").split("\n");
    expect(source[(advice?.line ?? 0) - 1]).toBe("      yield* sleep(100);"); // where its maker went on
    expect(advice?.kind).toBe("unawaited-task");
    expect(advice?.title).toContain(
      "nobody waits for the task of `ticks`: it is cancelled in the middle when the run ends",
    );
  });

  test("is not one that is awaited, gathered, or a group's", async () => {
    const trace = await traceOf(function* () {
      const task = createTask(load(10));
      yield* gather([load(20), load(5)]);
      yield* task;
    });
    expect(changes(trace)).toEqual([]);
  });
});

describe("a step that blocks the loop", () => {
  /** Two tasks: one computes for 80 ms from 10 on, the other wants to go on at 20 and wait for another 100. */
  function blocked(computing: number): Trace {
    const parts: Uint8Array[] = [];
    const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0 });
    const file = "/app/main.ts";
    const place = (label: string, line: number): number =>
      writer.place({ kind: "sleep", label, frames: [{ name: "f", file, line, column: 3 }], exact: true });
    const ticks = (ms: number): number => ms * TICKS;
    writer.event(CREATED, 0, 1, 0, writer.string("compute"));
    writer.event(NAMED, 0, 1, 0, 1);
    writer.event(CREATED, 0, 2, 0, writer.string("wait"));
    writer.event(NAMED, 0, 2, 0, 2);
    writer.event(STEP, 0, 1, 0, place("10 ms", 4));
    writer.event(STEP, 0, 2, 0, place("20 ms", 8));
    writer.event(WOKEN, 10, 1, 0, 0);
    writer.event(STEP, 10, 1, ticks(computing), place("5 ms", 7));
    const free = Math.max(20, 10 + computing);
    writer.event(WOKEN, free, 2, 0, 0);
    writer.event(STEP, free, 2, 0, place("100 ms", 9));
    writer.event(WOKEN, 15 + computing, 1, 0, 0);
    writer.event(DONE, 15 + computing, 1, 1, 0);
    writer.event(STEP, 15 + computing, 1, 0, 0);
    writer.event(WOKEN, free + 100, 2, 0, 0);
    writer.event(DONE, free + 100, 2, 1, 0);
    writer.event(STEP, free + 100, 2, 0, 0);
    writer.close();
    return readTrace(Uint8Array.from(parts.flatMap((part) => [...part])));
  }

  test("saves what others waited for it, and is told with its lines", () => {
    const [advice] = changes(blocked(80));
    expect(advice).toMatchObject({ kind: "blocking-step", file: "/app/main.ts", line: 4, calls: 1 });
    expect(advice?.saving).toBeCloseTo(190 - 120, 3);
    expect(advice?.title).toContain("main.ts, between lines 4 and 7, the loop is blocked for 80 ms");
  });

  test("is none where nobody had to wait", () => {
    expect(changes(blocked(9))).toEqual([]);
    expect(changes(blocked(10))).toEqual([]);
  });
});

describe("the report", () => {
  const both: Main = function* () {
    for (const item of [1, 2]) {
      yield* load(20);
      yield* load(30 * item);
    }
  };

  test("sums up what all of it saves together, not what each saves alone", async () => {
    const trace = await traceOf(both);
    const report = adviceReport(trace, { source: sure });
    const savings = report.advice.filter(({ kind }) => kind !== "critical-path").map(({ saving }) => saving);
    expect(savings).toEqual([50, 40]);
    expect(report.recorded).toBe(130);
    expect(report.replayed).toBe(130);
    expect(report.together).toBe(60);
  });

  test("is sorted by what is saved, and ends with the critical path", async () => {
    const { advice, criticalPath } = adviceReport(await traceOf(both), { source: sure });
    expect(advice.at(-1)).toMatchObject({ kind: "critical-path", saving: 65 });
    expect(criticalPath[0]).toMatch(/^130 ms waiting for sleep at advise\.test\.ts:\d+ \(4 times\)$/);
  });

  test("leaves out what saves less than is asked for", async () => {
    const trace = await traceOf(both);
    expect(changes(trace, { source: sure, minSaving: 45 })).toHaveLength(1);
    expect(changes(trace, { source: sure, minSaving: 60 })).toHaveLength(0);
  });

  test("says once that what is outside is assumed not to slow down", async () => {
    const { assumptions } = adviceReport(await traceOf(both));
    expect(assumptions.filter((one) => one.includes("at once"))).toHaveLength(1);
  });

  test("of an empty trace, and of a ring's, has no advice and does not fail", async () => {
    const parts: Uint8Array[] = [];
    new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0 }).close();
    expect(adviceReport(readTrace(Uint8Array.from(parts.flatMap((part) => [...part])))).advice).toEqual([]);
    const observer = recorder({ last: 64 });
    await run(both as () => CoroutineBody<unknown>, { observer, clock: virtualClock() });
    const report = adviceReport(readTrace(observer.bytes()), { source: sure });
    expect(report.assumptions.join()).toContain("flight recorder");
  });
});
