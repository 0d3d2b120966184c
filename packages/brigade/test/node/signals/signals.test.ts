/** Signals to this process, sent by itself: they come when the host has its turn, so all this runs in real time. */
import { collect, createTask, forEach, InvalidStateError, moveOnAfter, run, sleep, timeout } from "brigade";
import { signals } from "brigade/node";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

// Signals whose default action does not end the process when a test is wrong are few: SIGWINCH, SIGCONT, SIGURG are ignored.
const QUIET = "SIGWINCH";
const ALSO_QUIET = "SIGURG";

const send = (...names: readonly NodeJS.Signals[]): void => {
  for (const name of names) process.kill(process.pid, name);
};
const listeners = (): number => process.listenerCount(QUIET) + process.listenerCount(ALSO_QUIET);

test("nothing listens before the first read; then every signal that comes is given", async () => {
  await run(function* () {
    const stream = signals(QUIET);
    expect(listeners()).toBe(0);
    const read = createTask(stream.next());
    yield* sleep(1);
    expect(listeners()).toBe(1);
    send(QUIET);
    expect(yield* read).toEqual({ done: false, value: QUIET });
    yield* stream.close();
    expect(listeners()).toBe(0);
    expect(yield* stream.next()).toEqual({ done: true, value: undefined });
  });
});

test("signals between two reads wait, in the order of their coming, each once", async () => {
  await run(function* () {
    const stream = signals(QUIET, ALSO_QUIET);
    const first = createTask(stream.next());
    yield* sleep(1);
    send(QUIET);
    yield* first;
    for (const name of [ALSO_QUIET, QUIET, ALSO_QUIET, QUIET] as const) {
      send(name);
      yield* sleep(20);
    }
    expect((yield* stream.next()).value).toBe(ALSO_QUIET);
    expect((yield* stream.next()).value).toBe(QUIET);
    expect(yield* moveOnAfter(50, stream.next())).toBeUndefined();
  });
});

test("two streams are both told", async () => {
  await run(function* () {
    const reads = [signals(QUIET), signals(QUIET)].map((stream) => createTask(stream.next()));
    yield* sleep(1);
    send(QUIET);
    for (const read of reads) expect((yield* read).value).toBe(QUIET);
  });
  expect(listeners()).toBe(0);
});

test("a reader that is cancelled or comes too late ends the stream, and the signal is as before", async () => {
  await run(function* () {
    const seen: string[] = [];
    const task = createTask(forEach(signals(QUIET), (name) => void seen.push(name)));
    yield* sleep(1);
    send(QUIET);
    yield* sleep(20);
    expect(listeners()).toBe(1);
    task.cancel();
    yield* sleep(1);
    expect([seen, listeners()]).toEqual([[QUIET], 0]);
    try {
      yield* timeout(1, collect(signals(QUIET)));
    } catch {
      expect(listeners()).toBe(0);
      return;
    }
    throw new Error("collect ended");
  });
});

test("the end of the run ends a stream that is half read", async () => {
  await run(function* () {
    const stream = signals(QUIET);
    const read = createTask(stream.next());
    yield* sleep(1);
    send(QUIET);
    yield* read;
    expect(listeners()).toBe(1);
  });
  expect(listeners()).toBe(0);
});

test("for await reads it, and leaving ends it", async () => {
  await run(function* () {
    const stream = signals(QUIET);
    const reading = (async () => {
      for await (const name of stream) return name;
      return undefined;
    })();
    yield* sleep(20);
    send(QUIET);
    yield* sleep(20);
    expect(yield* createTask(reading)).toBe(QUIET);
    expect(listeners()).toBe(0);
  });
});

test("a signal is foreign work: virtual time waits for it", async () => {
  const value = await run(
    function* () {
      const read = createTask(signals(QUIET).next());
      createTask(sleep("1h")); // would be over at once
      yield* sleep(0);
      send(QUIET);
      return (yield* read).value;
    },
    { clock: virtualClock() },
  );
  expect(value).toBe(QUIET);
});

test("while one task reads, another can neither read nor close", async () => {
  await run(function* () {
    const stream = signals(QUIET);
    const reading = createTask(stream.next());
    yield* sleep(1);
    const second = createTask(stream.next());
    const closing = createTask(stream.close());
    yield* sleep(1);
    expect(second.exception()).toEqual(
      new InvalidStateError(`signals(${QUIET}) is being read; one task at a time can do that`),
    );
    expect(closing.exception()).toEqual(
      new InvalidStateError(`signals(${QUIET}) is being read; cancel its reader to close it`),
    );
    send(QUIET);
    expect((yield* reading).value).toBe(QUIET); // those that failed left it alone
  });
});

test("what is no signal, or can't be caught, is refused by name", () => {
  expect(() => signals()).toThrow(new TypeError('signals: name at least one signal, such as "SIGTERM"'));
  expect(() => signals("SIGKILL")).toThrow(new TypeError("signals: no process can catch SIGKILL"));
  expect(() => signals("SIGTERM", "SIGSTOP")).toThrow("no process can catch SIGSTOP");
  expect(() => signals("sigterm" as "SIGTERM")).toThrow(
    /^signals: "sigterm" is no signal of this system; it has SIGHUP, /,
  );
  expect(() => signals("toString" as "SIGTERM")).toThrow(TypeError);
});
