import { Writable } from "node:stream";
import { createTask, InvalidStateError, sleep, wait } from "brigade";
import { expect, test } from "vitest";
import { ByteWriter } from "../../../src/node/bytes/writer.ts";
import { virtually } from "../../virtually.ts";

/** A sink that takes a piece each time it is let. */
class Slow extends Writable {
  readonly taken: string[] = [];
  #goOn: (() => void)[] = [];
  constructor() {
    super({ highWaterMark: 4 });
  }
  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(piece.toString());
    this.#goOn.push(done);
  }
  take(): void {
    this.#goOn.shift()?.();
  }
}

test("write takes effect when it is called, and waits only while the buffer is full", () =>
  virtually(function* () {
    const sink = new Slow();
    const writer = new ByteWriter(sink);
    writer.write("a");
    expect(sink.taken).toEqual(["a"]);
    yield* writer.write("b"); // does not wait
    const held = createTask(writer.write("cdef"));
    yield* sleep(1);
    expect([held.done, writer.buffered]).toEqual([false, 6]);
    for (let i = 0; i < 3; i++) sink.take();
    yield* held;
    expect(sink.taken).toEqual(["a", "b", "cdef"]);
  }));

test("a cancelled drain ends its wait alone: what was written is sent, and another drain goes on", () =>
  virtually(function* () {
    const sink = new Slow();
    const writer = new ByteWriter(sink);
    const first = createTask(writer.write("abcd"));
    const second = createTask(writer.drain());
    yield* sleep(1);
    first.cancel();
    yield* wait([first]);
    sink.take();
    yield* second;
    expect(sink.taken).toEqual(["abcd"]);
    expect(sink.listenerCount("drain")).toBe(0);
  }));

test("end waits until everything was handed over, and again when it is asked again", () =>
  virtually(function* () {
    const sink = new Slow();
    const writer = new ByteWriter(sink);
    const ending = createTask(writer.end("last"));
    yield* sleep(1);
    expect([ending.done, writer.closed]).toEqual([false, true]);
    expect(() => writer.write("more")).toThrow(InvalidStateError);
    sink.take();
    yield* ending;
    yield* writer.end();
    expect(sink.taken).toEqual(["last"]);
  }));

test("a failure is thrown to whoever waits, and to every later call", () =>
  virtually(function* () {
    const sink = new Slow();
    const broken = new Error("broken pipe");
    const writer = new ByteWriter(sink, { failure: () => broken });
    const writing = createTask(writer.write("abcd"));
    const ending = createTask(writer.end());
    yield* sleep(1);
    sink.destroy(new Error("EPIPE"));
    yield* wait([writing, ending]);
    expect([writing.exception(), ending.exception()]).toEqual([broken, broken]);
    expect(() => writer.write("more")).toThrow(broken);
  }));

test("a sink that is destroyed without a word does not leave anybody waiting", () =>
  virtually(function* () {
    const sink = new Slow();
    const writer = new ByteWriter(sink, { label: "stdin of cat" });
    const writing = createTask(writer.write("abcd"));
    yield* sleep(1);
    sink.destroy();
    yield* wait([writing]);
    expect(writing.exception()?.message).toBe("stdin of cat was closed before everything was written");
    expect(() => writer.write("more")).toThrow("closed");
  }));

test("whoever comes to wait after the sink was destroyed hears of it, too", () =>
  virtually(function* () {
    for (const what of ["end", "drain"] as const) {
      const sink = new Slow();
      const writer = new ByteWriter(sink, { label: "a pipe" });
      const written = what === "end" ? writer.end("x") : writer.write("12345");
      sink.destroy();
      yield* sleep(1);
      const task = createTask(written);
      yield* wait([task]);
      expect(task.exception()?.message).toBe("a pipe was closed before everything was written");
    }
  }));

test("what is neither text nor bytes is refused", () => {
  const writer = new ByteWriter(new Slow());
  expect(() => writer.write(5 as never)).toThrow("write takes a string or a Uint8Array, not");
});
