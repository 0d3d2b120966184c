/** Chrome trace events, held against the rules of the Trace Event Format. */
import { createTask, gather, Queue, run, sleep, taskGroup } from "brigade";
import { CALLBACK, CANCEL, ERROR, readTrace, recorder, REPORT, TICKS, toChromeTrace, type Trace } from "brigade/trace";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Script } from "../timeline/written.ts";

interface Event {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: string;
  readonly s?: string;
  readonly args?: Record<string, unknown>;
}

function eventsOf(trace: Trace): Event[] {
  const file = JSON.parse([...toChromeTrace(trace)].join("")) as { traceEvents: Event[]; displayTimeUnit: string };
  expect(file.displayTimeUnit).toBe("ms");
  expectToBeValid(file.traceEvents);
  return file.traceEvents;
}

/** What the format asks of each event, and what Perfetto needs to draw it. */
function expectToBeValid(events: readonly Event[]): void {
  const slices = new Map<number, Event[]>();
  for (const event of events) {
    expect(typeof event.name).toBe("string");
    expect(Number.isInteger(event.pid) && Number.isInteger(event.tid)).toBe(true);
    if (event.ph === "M") {
      expect(["process_name", "thread_name", "thread_sort_index"]).toContain(event.name);
      continue;
    }
    expect(Number.isFinite(event.ts)).toBe(true);
    if (event.ph === "X") {
      expect(event.dur).toBeGreaterThanOrEqual(0);
      slices.set(event.tid, [...(slices.get(event.tid) ?? []), event]);
    } else if (event.ph === "i") expect(["t", "p"]).toContain(event.s);
    else if (event.ph === "C") expect(Object.values(event.args ?? {}).every(Number.isFinite)).toBe(true);
    else expect(["s", "f"]).toContain(event.ph);
  }
  for (const [tid, track] of slices) {
    expect(events.some(({ ph, name, tid: of }) => ph === "M" && name === "thread_name" && of === tid)).toBe(true);
    // Slices of a track nest; these follow each other.
    for (let i = 1; i < track.length; i++) {
      const [before, after] = [track[i - 1] as Required<Event>, track[i] as Required<Event>];
      expect(after.ts).toBeGreaterThanOrEqual(before.ts + before.dur - 1e-6);
    }
  }
  expectFlowsToMeetSlices(events, slices);
}

/** Each arrow has one beginning and one end, in that order, each at a slice of its track. */
function expectFlowsToMeetSlices(events: readonly Event[], slices: ReadonlyMap<number, Event[]>): void {
  const flows = Map.groupBy(
    events.filter(({ ph }) => ph === "s" || ph === "f"),
    ({ id }) => id,
  );
  for (const [id, pair] of flows) {
    expect(id).toBeDefined();
    expect(pair.map(({ ph, name, cat }) => [ph, name, cat])).toEqual([
      ["s", "woken", "woken"],
      ["f", "woken", "woken"],
    ]);
    const [from, to] = pair as [Required<Event>, Required<Event>];
    expect(to.ts).toBeGreaterThanOrEqual(from.ts);
    expect(to.bp).toBe("e");
    for (const end of [from, to]) {
      const met = slices
        .get(end.tid)
        ?.some(({ ts, dur }) => (ts as number) <= end.ts && end.ts <= (ts as number) + (dur as number) + 1e-6);
      expect(met).toBe(true);
    }
  }
}

test("a task is a track of slices, with place, file and line of its waits", () => {
  const script = new Script().created(1, 1, 0, "main", "main").created(1.5, 2, 1, "fetch");
  const frames = [{ name: "read" }, { name: "fetch", file: "file:///app/main.ts", line: 12, column: 3 }];
  script.place("socket", { kind: "socket", label: "a.example", frames, exact: true });
  script.step(1, 2, 1, "task").step(2, 3, 2, "socket").woken(8, 2).woken(8.5, 1, 2).step(8, 9, 2).step(9, 10, 1);
  const events = eventsOf(script.trace());
  const slices = events.filter(({ ph, tid }) => ph === "X" && tid === 2);
  expect(slices.map(({ name, ts, dur, cat }) => [name, ts, dur, cat])).toEqual([
    ["ready", 1_500, 500, "ready"],
    ["running", 2_000, 1_000, "running"],
    ["socket a.example", 3_000, 5_000, "waiting"],
    ["ready", 8_000, 0, "ready"],
    ["running", 8_000, 1_000, "running"],
  ]);
  expect(slices[2]?.args).toEqual({
    place: "socket a.example",
    frames: "read < fetch",
    file: "file:///app/main.ts",
    line: 12,
  });
  const arrows = events.filter(({ ph }) => ph === "s" || ph === "f").map(({ ph, tid, ts }) => [ph, tid, ts]);
  expect(arrows).toEqual([
    ["s", 2, 8_500],
    ["f", 1, 9_000],
    ["s", 1, 1_500],
    ["f", 2, 2_000],
  ]);
});

test("tracks are in the order of the task tree, under the tasks' names", () => {
  const script = new Script()
    .created(0, 1, 0, "main", "main")
    .created(0, 2, 1, "f", "first")
    .created(0, 3, 1, "f", "second");
  const events = eventsOf(script.created(0, 4, 2, "g", "below first").trace());
  const names = new Map(
    events.filter(({ name }) => name === "thread_name").map(({ tid, args }) => [tid, args?.["name"]]),
  );
  const order = events.filter(({ name, tid }) => name === "thread_sort_index" && tid !== 0);
  order.sort((a, b) => (a.args?.["sort_index"] as number) - (b.args?.["sort_index"] as number));
  expect(order.map(({ tid }) => names.get(tid))).toEqual(["main", "first", "below first", "second"]);
});

test("cancellations, failures, reports and long callbacks have their place", () => {
  const script = new Script().created(0, 1, 0, "main", "main").step(0, 1, 1, "sleep").event(CANCEL, 2, 1);
  const [kind, message] = [script.writer.string("slow-step"), script.writer.string("took long")];
  script
    .event(REPORT, 3, 1, kind, message)
    .event(REPORT, 3, 0, kind, message)
    .event(CALLBACK, 4, 0, 5 * TICKS, 0);
  const events = eventsOf(script.woken(9, 1).done(9.5, 1, ERROR, "no host").step(9, 10, 1).trace());
  expect(events.filter(({ ph }) => ph === "i").map(({ name, tid, ts, s, args }) => [name, tid, ts, s, args])).toEqual([
    ["asked to end", 1, 2_000, "t", undefined],
    ["slow-step", 1, 3_000, "t", { message: "took long" }],
    ["slow-step", 0, 3_000, "p", { message: "took long" }],
    ["failed", 1, 10_000, "t", { message: "no host" }],
  ]);
  expect(events).toContainEqual(expect.objectContaining({ ph: "X", name: "callback", tid: 0, ts: 4_000, dur: 5_000 }));
});

test("the counters tell how many tasks were there and how many were ready", () => {
  const script = new Script()
    .created(0, 1, 0, "main")
    .step(0, 500, 1, "sleep")
    .created(250, 2, 0, "late")
    .step(500, 1_000, 2);
  const counters = eventsOf(script.trace()).filter(({ ph }) => ph === "C");
  expect(counters.map(({ name, ts, args }) => [name, (ts as number) / 1_000, args])).toEqual([
    ["tasks", 0, { tasks: 1 }],
    ["ready", 0, { ready: 0 }],
    ["tasks", 250, { tasks: 2 }],
    ["ready", 250, { ready: 1 }],
    ["ready", 500, { ready: 0 }],
  ]);
});

test("names and labels are text, whatever stands in them", () => {
  const hostile = `</script>"'&\u2028\\\n`;
  const script = new Script().created(0, 1, 0, hostile, hostile);
  script.place("wait", { kind: hostile, label: hostile });
  const trace = script.step(0, 1, 1, "wait").woken(2, 1).step(2, 3, 1).trace();
  expect([...toChromeTrace(trace)].join("")).not.toMatch(/[<>&\u2028]/);
  const events = eventsOf(trace);
  expect(events.find(({ name, tid }) => name === "thread_name" && tid === 1)?.args).toEqual({ name: hostile });
  expect(events.some(({ name }) => name === `${hostile} ${hostile}`)).toBe(true);
});

test("what recorded programs give is valid, in real time and in pieces of bounded length", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), async (waits) => {
      const observer = recorder();
      const queue = new Queue<number>({ maxSize: 1 });
      await run(
        function* () {
          const reader = createTask(queue.get());
          yield* gather(waits.map((wait) => sleep(wait)));
          yield* taskGroup(function* (group) {
            for (const wait of waits) group.createTask(sleep(wait));
          });
          yield* queue.put(1);
          yield* reader;
        },
        { observer },
      );
      const trace = readTrace(observer.bytes());
      expect(eventsOf(trace).filter(({ ph }) => ph === "X").length).toBeGreaterThan(5);
    }),
    { numRuns: 10 },
  );
  const script = new Script().created(0, 1, 0, "main");
  for (let i = 0; i < 10_000; i++) script.step(i, i + 0.5, 1, "sleep").woken(i + 0.7, 1);
  expect(Math.max(...[...toChromeTrace(script.trace())].map((piece) => piece.length))).toBeLessThan(70_000);
});
