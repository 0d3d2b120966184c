/** What a TraceWriter does when its sink fails, and after its end. */
import { readTrace, STEP, TraceWriter } from "brigade/trace";
import { expect, test } from "vitest";
import { Collected } from "./files.ts";

/** Takes what it is given but for one call, which throws. */
function failingAt(call: number): { readonly sink: (bytes: Uint8Array) => void; readonly taken: Collected } {
  const taken = new Collected();
  let calls = 0;
  const sink = (bytes: Uint8Array): void => {
    if (calls++ === call) throw new Error("no space left");
    taken.sink(bytes);
  };
  return { sink, taken };
}

test("after a sink that threw, what is written later is there, and nothing is there that was not written", () => {
  // Call 0 takes the opening; a table and events follow of each flush.
  for (let call = 1; call <= 6; call++) {
    const { sink, taken } = failingAt(call);
    const writer = new TraceWriter(sink, { startedAt: 0 });
    let thrown = 0;
    for (let task = 1; task <= 4; task++) {
      writer.event(STEP, task, task, writer.string(`task ${task}`), 0);
      try {
        writer.flush();
      } catch (error) {
        expect(error).toMatchObject({ message: "no space left" });
        thrown++;
      }
    }
    writer.close();
    expect(thrown).toBe(1);
    const trace = readTrace(taken.bytes);
    expect(trace.end).toBe("complete");
    const tasks = [...trace.task];
    expect(tasks, `call ${call}`).toEqual([...new Set(tasks)].toSorted((one, other) => one - other));
    expect(tasks, `call ${call}`).toContain(4);
    tasks.forEach((task, i) => expect(trace.strings[trace.a[i] as number], `call ${call}`).toBe(`task ${task}`));
  }
});

test("a sink that threw while events came does not end the taking of events", () => {
  const { sink, taken } = failingAt(1);
  const writer = new TraceWriter(sink, { startedAt: 0 });
  let thrown = 0;
  for (let i = 0; i < 300_000; i++) {
    try {
      writer.event(STEP, i, i, 0, 0);
    } catch {
      thrown++;
    }
  }
  writer.close();
  expect(thrown).toBe(1);
  const trace = readTrace(taken.bytes);
  expect(trace.count).toBeGreaterThan(200_000);
  expect(trace.task.at(-1)).toBe(299_999);
  for (let i = 1; i < trace.count; i++) {
    if ((trace.task[i] as number) <= (trace.task[i - 1] as number)) throw new Error(`event ${i} is out of order`);
    if (trace.task[i] !== trace.time[i]) throw new Error(`event ${i} is wrong`);
  }
});

test("a flush of nothing new writes nothing", () => {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 0 });
  writer.event(STEP, 1, 1, writer.string("x"), 0);
  writer.flush();
  const before = collected.bytes.length;
  for (let i = 0; i < 100; i++) writer.flush();
  expect(collected.bytes.length).toBe(before);
});

test("closed a second time, a writer has nothing more to say", () => {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 0 });
  writer.close();
  const before = collected.bytes.length;
  writer.close();
  expect(collected.bytes.length).toBe(before);
  expect(readTrace(collected.bytes).end).toBe("complete");
});

test("the bytes that a sink was given are its own: the writer does not touch them again", () => {
  const collected = new Collected();
  const writer = new TraceWriter(collected.sink, { startedAt: 0 });
  writer.event(STEP, 1, 1, 0, 0);
  writer.flush();
  const kept = collected.parts.map((part) => part.slice());
  for (let i = 0; i < 70_000; i++) writer.event(STEP, 2, 2, 2, 2);
  kept.forEach((part, i) => expect(collected.parts[i]).toEqual(part));
});
