/** Sinks of recorders: what they get when, and what happens to the program when they fail. */
import { coroutine, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { readTrace, recorder, STEP } from "brigade/trace";
import { expect, test, vi } from "vitest";

const program = coroutine(function* program(rounds: number) {
  for (let i = 0; i < rounds; i++) yield* sleep(1);
  return "value";
});

test("a sink has everything, and the end, when the recorder is closed; a second close adds nothing", async () => {
  const parts: Uint8Array[] = [];
  const observer = recorder({ sink: (bytes) => parts.push(bytes) });
  await run(program(5), { observer, clock: virtualClock() });
  observer.close();
  const length = Buffer.concat(parts).length;
  observer.close();
  observer.flush();
  expect(Buffer.concat(parts).length).toBe(length);
  const trace = readTrace(Buffer.concat(parts));
  expect([trace.end, trace.count, trace.lost]).toEqual(["complete", observer.events, 0]);
});

test("what a sink has at any of its calls is a trace that is open, of whole events", async () => {
  const parts: Uint8Array[] = [];
  let read = 0;
  let before = 0;
  const observer = recorder({
    flushEvery: 0,
    sink: (bytes) => {
      parts.push(bytes);
      const { end, count, type, places, b } = readTrace(Buffer.concat(parts));
      expect(end).toBe("open");
      expect(count).toBeGreaterThanOrEqual(before);
      before = count;
      for (let i = 0; i < count; i++) if (type[i] === STEP) expect(places[b[i] as number]).toBeDefined();
      read++;
    },
  });
  await run(program(30), { observer, clock: { now: () => performance.now() } });
  expect(read).toBeGreaterThan(10);
});

test("a program that waits is flushed after flushEvery, though nothing happens in it", async () => {
  // Real time: the flush is the host's.
  const parts: Uint8Array[] = [];
  const observer = recorder({ flushEvery: 5, sink: (bytes) => parts.push(bytes) });
  const running = run(sleep(300), { observer });
  await vi.waitFor(() => expect(readTrace(Buffer.concat(parts)).count).toBeGreaterThan(2), { timeout: 200 });
  await running;
});

for (const call of [0, 1, 2, 3]) {
  test(`a sink that throws at call ${call} is told of once, and the program goes on to its value`, async () => {
    const warned = vi.spyOn(console, "error").mockImplementation(() => {});
    const alsoWarned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const emitted = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const parts: Uint8Array[] = [];
    let calls = 0;
    const observer = recorder({
      flushEvery: 0,
      sink: (bytes) => {
        if (calls++ === call) throw new Error("no space left on device");
        parts.push(bytes);
      },
    });
    expect(await run(program(50), { observer, clock: virtualClock() })).toBe("value");
    observer.close();
    const told = [...warned.mock.calls, ...alsoWarned.mock.calls, ...emitted.mock.calls];
    expect(told).toHaveLength(1);
    expect(String(told[0])).toContain("no space left on device");
    vi.restoreAllMocks();
    expect(calls).toBe(call + 1); // a file with a hole in it could not be read
    expect(observer.lost).toBeGreaterThan(0);
    expect(observer.lost).toBeLessThanOrEqual(observer.events);
    if (call === 0) return;
    const trace = readTrace(Buffer.concat(parts));
    expect(trace.end).toBe("open");
    expect(trace.count).toBe(observer.events - observer.lost);
  });
}

test("bytes() of a recorder whose sink took them says so", () => {
  const observer = recorder({ sink: () => {} });
  expect(() => observer.bytes()).toThrow(/sink/);
});

test("bytes() while the program runs, and again later, are each a whole trace", async () => {
  const observer = recorder();
  const counts: number[] = [];
  const main = coroutine(function* main() {
    for (let i = 0; i < 4; i++) {
      yield* sleep(1);
      const trace = readTrace(observer.bytes());
      expect(trace.end).toBe("complete");
      counts.push(trace.count);
    }
  });
  await run(main(), { observer, clock: virtualClock() });
  const last = readTrace(observer.bytes());
  expect([...counts, last.count]).toEqual([...new Set(counts), last.count].toSorted((a, b) => a - b));
  expect(last.strings.filter((text) => text === "main")).toHaveLength(1);
});

test("options that can't be are refused, each with its value", () => {
  for (const [options, told] of [
    [{ lines: 2 }, "2"],
    [{ lines: -0.1 }, "-0.1"],
    [{ lines: NaN }, "NaN"],
    [{ last: 5, sink: () => {} }, "sink"],
    [{ flushEvery: -1 }, "-1"],
    [{ flushEvery: "soon" as never }, "soon"],
  ] as const) {
    expect(() => recorder(options)).toThrow(RangeError);
    expect(() => recorder(options)).toThrow(told);
  }
});

test("a recorder that was closed records nothing of a later run, and takes nothing from it", async () => {
  const observer = recorder();
  await run(program(2), { observer, clock: virtualClock() });
  observer.close();
  const { events } = observer;
  expect(await run(program(2), { observer, clock: virtualClock() })).toBe("value");
  expect(observer.events).toBe(events);
  expect(readTrace(observer.bytes()).count).toBe(events);
});

test("a recorder that is closed in the middle of a step ends its trace there", async () => {
  const parts: Uint8Array[] = [];
  const observer = recorder({ sink: (bytes) => parts.push(bytes) });
  const main = coroutine(function* main() {
    yield* sleep(1);
    observer.close();
    yield* sleep(1);
    return "value";
  });
  expect(await run(main(), { observer, clock: virtualClock() })).toBe("value");
  expect(readTrace(Buffer.concat(parts)).end).toBe("complete");
});
