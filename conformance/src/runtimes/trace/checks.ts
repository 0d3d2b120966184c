/** What is looked at on each runtime: the recorder's events, what is made of them, and what looks at live tasks. */
import { coroutine, createTask, Event, gather, run, Semaphore, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import {
  advise,
  criticalPath,
  liveTasks,
  readTrace,
  recorder,
  type TimelineJson,
  timelineOf,
  toChromeTrace,
  toJson,
  toSvg,
  totals,
  TraceError,
} from "brigade/trace";
import { shopEvents } from "./events.ts";
import { describeHost } from "../host.ts";
import { bytesOf, eventLines, shopping } from "./recorded.ts";

export interface TraceCheck {
  readonly claim: string;
  readonly sees: () => unknown;
  readonly expected: unknown;
}

/** Stacks of Bun have no lines of generators that are suspended: there places have names alone, and awaits can't be told apart. */
const hasLines: boolean = !describeHost().startsWith("bun ");

const loading = coroutine(function* part(milliseconds: number) {
  yield* sleep(milliseconds);
});

const inARow = coroutine(function* page() {
  yield* loading(20);
  yield* loading(30);
});

const inLine = coroutine(function* reports() {
  const api = new Semaphore(2, { name: "api" });
  const call = coroutine(function* query() {
    using _permit = yield* api.acquire();
    yield* sleep(50);
  });
  yield* gather([call(), call(), call()]);
});

const whole = (pieces: Iterable<string>): string => [...pieces].join("");

export const checks: readonly TraceCheck[] = [
  {
    claim: "recorder: the same events everywhere",
    sees: async () => eventLines(await bytesOf(shopping, { lines: 0 })),
    expected: shopEvents,
  },
  {
    claim: "recorder: the lines of waits, read from generators that are suspended",
    sees: async () => {
      const { places } = readTrace(await bytesOf(inARow, { lines: 1 }));
      const [first] = places.filter(({ kind }) => kind === "sleep");
      return first?.frames.map(({ name, line = 0 }) => `${name} ${line > 0}`);
    },
    expected: [`part ${hasLines}`, `page ${hasLines}`],
  },
  {
    claim: "flight recorder: the last events, and who is alive",
    sees: async () => {
      const trace = readTrace(await bytesOf(shopping, { last: 8 }));
      const timeline = timelineOf(trace);
      return [trace.lost > 0, timeline.end, timeline.taskCount > 0];
    },
    expected: [true, 15, true],
  },
  {
    claim: "timelineOf, totals, criticalPath",
    sees: async () => {
      const timeline = timelineOf(readTrace(await bytesOf(shopping)));
      const { tasks, byKind } = totals(timeline);
      const path = [...criticalPath(timeline)].filter(({ start, end }) => end > start);
      return [
        [timeline.start, timeline.end, timeline.spanCount],
        [tasks.count, tasks.values, tasks.errors, tasks.cancelled],
        byKind.filter(({ total }) => total > 0).map(({ kind, total }) => `${kind} ${total}`),
        path.map(({ task, start, end }) => `${timeline.name(task)} ${start} ${end}`),
      ];
    },
    expected: [
      [0, 15, 44],
      [6, 4, 1, 1],
      ["sleep 16", "gather 15", "task 15", "Lock.acquire 5"],
      ["Task-1 0 5", "Task-2 5 15"],
    ],
  },
  {
    claim: "advise, without the source",
    sees: async () => {
      const traces = [await bytesOf(inARow, { lines: 1 }), await bytesOf(inLine, { lines: 1 })].map((bytes) =>
        readTrace(bytes),
      );
      return traces.flatMap((trace) => advise(trace).map(({ kind, saving }) => `${kind} ${saving}`));
    },
    expected: [...(hasLines ? ["sequential-awaits 20"] : []), "critical-path 25", "bottleneck 50", "critical-path 50"],
  },
  {
    claim: "toJson, toChromeTrace, toSvg",
    sees: async () => {
      const trace = readTrace(await bytesOf(shopping));
      const { tasks } = JSON.parse(whole(toJson(trace))) as TimelineJson;
      const { traceEvents } = JSON.parse(whole(toChromeTrace(trace))) as { traceEvents: { readonly ph: string }[] };
      const phases = ["M", "X", "s", "f", "i", "C"].map((phase) => traceEvents.filter(({ ph }) => ph === phase).length);
      return [tasks.map(({ name, outcome }) => `${name} ${outcome}`), phases, whole(toSvg(trace)).startsWith("<svg")];
    },
    expected: [
      ["main value", "both value", "Task-1 value", "Task-2 value", "late cancelled", "Task-3 error"],
      [15, 44, 12, 12, 2, 6],
      true,
    ],
  },
  {
    claim: "readTrace: a trace that is broken off, and what is none",
    sees: async () => {
      const bytes = await bytesOf(shopping);
      const { end } = readTrace(bytes.subarray(0, bytes.length - 9));
      try {
        readTrace(new TextEncoder().encode("a text"));
        return "it was read";
      } catch (error) {
        return [
          end instanceof TraceError && end.offset === bytes.length - 9,
          error instanceof TraceError && error.offset,
        ];
      }
    },
    expected: [true, 0],
  },
  {
    claim: "liveTasks: what lives and for what it waits",
    sees: async () => {
      const observer = recorder({ last: 100 });
      const waits = coroutine(function* waiting(event: Event) {
        yield* event.wait();
      });
      const looks = coroutine(function* looking() {
        const event = new Event({ name: "ready" });
        for (let i = 0; i < 20; i++) createTask(waits(event));
        yield* sleep(5);
        const rows = liveTasks({}, observer).rows.map(
          ({ name, count, state, age }) => `${name} ${count} ${state} ${age}`,
        );
        event.set();
        return rows;
      });
      return run(looks, { observer, clock: virtualClock() });
    },
    expected: ["main 1 running 5", "Task-* 20 waiting 5"],
  },
];
