/** OpenTelemetry spans, as the SDK's own exporter gets them. */
import * as api from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { coroutine, createTask, gather, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import {
  CANCEL,
  CANCELLED,
  CLOCK,
  ERROR,
  type OtelOptions,
  readTrace,
  recorder,
  toOpenTelemetry,
  type Trace,
} from "brigade/trace";
import { expect, test } from "vitest";
import { Script } from "../timeline/written.ts";

type Options = Omit<OtelOptions<api.Context, api.Span>, "tracer">;

/** The spans of the trace, by name, and how many were said to be made. */
function exported(trace: Trace, options: Options = {}): { spans: Map<string, ReadableSpan>; made: number } {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const made = toOpenTelemetry(trace, api, { ...options, tracer: provider.getTracer("test") });
  return { spans: new Map(exporter.getFinishedSpans().map((span) => [span.name, span])), made };
}

function script(): Script {
  const written = new Script()
    .event(CLOCK, 0, 0, 0)
    .created(1.5, 1, 0, "main", "main")
    .created(2, 2, 1, "fetch", "users");
  written.place("socket", { kind: "socket", label: "a", frames: [{ name: "fetch", file: "/app/main.ts", line: 12 }] });
  written.step(1.5, 3, 1, "task").step(3, 4, 2, "socket").woken(9, 2).woken(9.5, 1, 2).done(9.75, 2, ERROR, "no host");
  written.step(9, 10, 2).event(CANCEL, 10, 1).done(11, 1, CANCELLED).step(10, 11.2345, 1);
  return written.created(11, 3, 1, "late", "open");
}

test("each task is a span below that of the task that made it, with the times of the recording", () => {
  const { spans, made } = exported({ ...script().trace(), meta: { startedAt: 1_700_000_000_123.5 } });
  expect(made).toBe(3);
  const [main, users, open] = ["main", "users", "open"].map((name) => spans.get(name) as ReadableSpan);
  expect(main?.parentSpanContext).toBeUndefined();
  for (const child of [users, open]) {
    expect(child?.parentSpanContext?.spanId).toBe(main?.spanContext().spanId);
    expect(child?.spanContext().traceId).toBe(main?.spanContext().traceId);
  }
  expect([main?.startTime, main?.endTime]).toEqual([
    [1_700_000_000, 125_000_000],
    [1_700_000_000, 134_734_500],
  ]);
  expect([users?.startTime, users?.endTime]).toEqual([
    [1_700_000_000, 125_500_000],
    [1_700_000_000, 133_500_000],
  ]);
  expect(open?.endTime).toEqual(main?.endTime);
});

test("how a task ended is its span's status and attributes", () => {
  const { spans } = exported(script().trace());
  const [main, users, open] = ["main", "users", "open"].map((name) => spans.get(name) as ReadableSpan);
  expect(users?.status).toEqual({ code: api.SpanStatusCode.ERROR, message: "no host" });
  expect(users?.attributes).toEqual({ "brigade.task.id": 2, "code.function.name": "fetch" });
  expect(main?.status.code).toBe(api.SpanStatusCode.UNSET);
  expect(main?.attributes).toEqual({
    "brigade.task.id": 1,
    "code.function.name": "main",
    "brigade.outcome": "cancelled",
  });
  expect(open?.attributes).toMatchObject({ "brigade.open": true });
});

test("a wake-up is an event that tells where and by whom, unless it is not wanted", () => {
  const trace = script().trace();
  const { spans } = exported(trace);
  expect(spans.get("main")?.events).toEqual(
    [{ name: "woken", attributes: { "brigade.place": "task", "brigade.by": "users" }, time: [0, 9_500_000] }].map(
      (event) => expect.objectContaining(event) as unknown,
    ),
  );
  expect(spans.get("users")?.events.map(({ attributes }) => attributes)).toEqual([{ "brigade.place": "socket a" }]);
  expect(exported(trace, { wakeups: false }).spans.get("main")?.events).toEqual([]);
});

test("with waits, each wait is a span below its task's, with its line", () => {
  const { spans, made } = exported(script().trace(), { waits: true });
  expect(made).toBe(5);
  const wait = spans.get("socket a");
  expect(wait?.parentSpanContext?.spanId).toBe(spans.get("users")?.spanContext().spanId);
  expect([wait?.startTime, wait?.endTime]).toEqual([
    [0, 4_000_000],
    [0, 9_000_000],
  ]);
  expect(wait?.attributes).toEqual({
    "code.function.name": "fetch",
    "code.file.path": "/app/main.ts",
    "code.line.number": 12,
  });
});

test("with frames, each call that waited is a span below its caller's, and its waits below it", async () => {
  const observer = recorder();
  const connect = coroutine(function* connect() {
    yield* sleep(2);
  });
  const query = coroutine(function* query() {
    yield* connect();
    yield* sleep(3);
  });
  const main = coroutine(function* main() {
    yield* sleep(1);
    yield* query();
    yield* sleep(4);
  });
  await run(main, { observer, clock: virtualClock() });
  const trace = { ...readTrace(observer.bytes()), meta: { startedAt: 0 } };
  const { spans, made } = exported(trace, { frames: true, waits: true });
  expect(made).toBe(7);
  const parents = [...spans.values()].map(({ name, parentSpanContext, startTime, endTime }) => [
    name,
    [...spans.values()].find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.name,
    startTime[1] / 1e6,
    endTime[1] / 1e6,
  ]);
  expect(parents.sort((a, b) => (a[2] as number) - (b[2] as number) || (b[3] as number) - (a[3] as number))).toEqual([
    ["main", undefined, 0, 10],
    ["sleep 1 ms", "main", 0, 1],
    ["query", "main", 1, 6],
    ["connect", "query", 1, 3],
    ["sleep 2 ms", "connect", 1, 3],
    ["sleep 3 ms", "query", 3, 6],
    ["sleep 4 ms", "main", 6, 10],
  ]);
  expect(exported(trace).made).toBe(1);
});

test("with links, a task's span is linked to those of the tasks that woke it, each once, and not to its maker's", () => {
  const twice = script()
    .step(12, 13, 3, "task")
    .woken(14, 3, 2)
    .step(14, 15, 3, "task")
    .woken(16, 3, 2)
    .step(16, 17, 3);
  const trace = twice.trace();
  const { spans } = exported(trace, { links: true });
  const users = spans.get("users")?.spanContext().spanId;
  expect(spans.get("main")?.links.map(({ context }) => context.spanId)).toEqual([users]);
  expect(spans.get("open")?.links.map(({ context }) => context.spanId)).toEqual([users]);
  expect(spans.get("users")?.links).toEqual([]);
});

test("a parent that is handed in is the parent of the root tasks", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const request = provider.getTracer("test").startSpan("request");
  const { spans } = exported(script().trace(), { parent: api.trace.setSpan(api.ROOT_CONTEXT, request) });
  expect(spans.get("main")?.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
  expect(spans.get("users")?.parentSpanContext?.spanId).toBe(spans.get("main")?.spanContext().spanId);
});

test("a recorded program in virtual time has its spans at the time of the recording, as long as its clock says", async () => {
  const observer = recorder();
  const before = Date.now();
  await run(
    function* main() {
      createTask(sleep("1h"), { name: "an hour" });
      yield* gather([sleep("10m"), sleep("20m")]);
    },
    { observer, clock: virtualClock(), name: "main" },
  );
  const { spans } = exported(readTrace(observer.bytes()));
  const seconds = (name: string): number => spans.get(name)?.duration[0] as number;
  expect([seconds("main"), seconds("an hour")]).toEqual([1_200, 1_200]);
  const began = (spans.get("main")?.startTime[0] as number) * 1_000;
  expect(Math.abs(began - before)).toBeLessThan(60_000);
});

test("a virtual clock's beginning is when recording began, wherever that clock stood", () => {
  const virtual = new Script().event(CLOCK, 3_600_000, 0, 1).created(3_600_000, 1, 0, "main", "main");
  const trace = virtual
    .step(3_600_000, 3_600_001, 1, "sleep")
    .woken(3_602_000, 1)
    .step(3_602_000, 3_602_001, 1)
    .trace();
  const main = exported({ ...trace, meta: { startedAt: 5_000 } }).spans.get("main");
  expect([main?.startTime, main?.endTime]).toEqual([
    [5, 0],
    [7, 0],
  ]);
});

test("without a tracer, the global one of the api is asked", () => {
  expect(toOpenTelemetry(script().trace(), api)).toBe(3);
});
