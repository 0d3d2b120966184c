/** Lines that a recorder reads off suspended tasks: the right ones, of that very wait, read without a trace in what tasks do. */
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  createTask,
  currentTask,
  Event,
  forEach,
  gather,
  getRunningLoop,
  Lock,
  moveOnAfter,
  Queue,
  run,
  shield,
  sleep,
  stream,
  timeout,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { type Place, readTrace, recorder, STEP, type Trace } from "brigade/trace";
import { expect, test } from "vitest";
import { outcomeOf } from "../../outcome.ts";
import { nextLine } from "../../source-line.ts";

const LINES = { lines: 1 };

/** The places at which the task waited, in order. */
function placesOf(trace: Trace, task = 1): Place[] {
  const places: Place[] = [];
  for (let i = 0; i < trace.count; i++) {
    if (trace.type[i] === STEP && trace.task[i] === task && trace.b[i] !== 0) {
      places.push(trace.places[trace.b[i] as number] as Place);
    }
  }
  return places;
}

function linesOf({ frames }: Place): (number | undefined)[] {
  return frames.map(({ line }) => line);
}

async function recorded(main: Parameters<typeof run>[0]): Promise<Trace> {
  const observer = recorder(LINES);
  await run(main, { observer, clock: virtualClock() });
  return readTrace(observer.bytes());
}

test("a frame that calls one coroutine after another is told at the line of each call", async () => {
  const lines: number[] = [];
  const inner = coroutine(function* inner() {
    lines[0] = nextLine();
    yield* sleep(1);
  });
  const middle = coroutine(function* middle() {
    lines[1] = nextLine();
    yield* inner();
    lines[2] = nextLine();
    yield* inner();
  });
  const outer = coroutine(function* outer() {
    lines[3] = nextLine();
    yield* middle();
    lines[4] = nextLine();
    yield* middle();
    lines[5] = nextLine();
    yield* inner();
  });
  const places = placesOf(await recorded(outer()));
  const [leaf, first, second, one, two, three] = lines;
  expect(places.map((place) => place.frames.map(({ name }) => name).join(" "))).toEqual([
    ...Array.from({ length: 4 }, () => "inner middle outer"),
    "inner outer",
  ]);
  for (const place of places) expect(place.exact || place.frames.every(({ line }) => line === undefined)).toBe(true);
  const exact = places.filter((place) => place.exact).map((place) => linesOf(place).join());
  const possible = [
    [leaf, first, one],
    [leaf, second, one],
    [leaf, first, two],
    [leaf, second, two],
    [leaf, three],
  ].map((path) => path.join());
  expect(possible).toEqual(expect.arrayContaining(exact));
  expect(exact.length).toBeGreaterThan(3);
  expect(new Set(exact).size).toBe(exact.length);
});

test("a place that is not exact never has lines that this wait can't have had", async () => {
  const lines = new Set<number>();
  const alternates = coroutine(function* alternates() {
    for (let i = 0; i < 200; i++) {
      if (i % 2 === 0) {
        lines.add(nextLine());
        yield* sleep(1);
      } else {
        lines.add(nextLine());
        yield* sleep(1);
      }
    }
  });
  const places = placesOf(await recorded(alternates()));
  expect(places).toHaveLength(200);
  const [even, odd] = [...lines] as [number, number];
  places.forEach((place, i) => {
    const [line] = linesOf(place);
    if (place.exact) expect(line, `wait ${i}`).toBe(i % 2 === 0 ? even : odd);
    else expect(place.frames[0]?.name).toBe("alternates");
  });
  expect(places.filter((place) => place.exact).length).toBeGreaterThan(5);
});

test("a task that is woken while its lines are due keeps its own place, not the next wait's", async () => {
  const waits = coroutine(function* waits(event: Event) {
    yield* event.wait();
    yield* sleep(1);
    yield* event.wait();
    yield* sleep(2);
  });
  const main = coroutine(function* main() {
    const event = new Event();
    const tasks = [createTask(waits(event)), createTask(waits(event))];
    yield* sleep(3);
    event.set();
    yield* gather(tasks);
  });
  const trace = await recorded(main());
  for (const task of [2, 3]) {
    expect(placesOf(trace, task).map(({ kind }) => kind)).toEqual(["Event.wait", "sleep", "sleep"]);
  }
});

/** Programs in which asking a suspended frame has something to disturb; each gives what it saw. */
const delicate: Readonly<Record<string, () => CoroutineBody<string[]>>> = {
  *"a finally that awaits, unwound by a timeout that expires meanwhile"(): CoroutineBody<string[]> {
    const log: string[] = [];
    const work = coroutine(function* work() {
      try {
        yield* sleep(10);
        log.push("never");
      } finally {
        log.push(`cleans, unwinding ${currentTask().unwinding}`);
        yield* sleep(5);
        log.push("cleaned");
      }
    });
    try {
      yield* timeout(3, work());
    } catch (error) {
      log.push((error as Error).name);
    }
    return log;
  },
  *"a shielded wait that is cancelled"(): CoroutineBody<string[]> {
    const log: string[] = [];
    const work = coroutine(function* work() {
      try {
        yield* shield(sleep(5));
        log.push("went on");
      } finally {
        log.push("ends");
      }
    });
    const task = createTask(work());
    yield* sleep(1);
    task.cancel();
    yield* moveOnAfter(20, outcomeOf(task));
    log.push(String(task.cancelled));
    return log;
  },
  *"a stream that is read, left half read, and closed"(): CoroutineBody<string[]> {
    const log: string[] = [];
    const numbers = stream(function* numbers() {
      try {
        for (let i = 0; i < 5; i++) {
          yield* sleep(1);
          yield i;
        }
      } finally {
        yield* sleep(2);
        log.push("closed");
      }
    });
    try {
      yield* forEach(numbers(), function* (item) {
        yield* sleep(1);
        log.push(String(item));
        if (item === 2) throw new Error("enough");
      });
    } catch (error) {
      log.push((error as Error).message);
    }
    return log;
  },
  *"a bare generator with a finally and a catch around its await"(): CoroutineBody<string[]> {
    const log: string[] = [];
    function* bare() {
      try {
        yield* sleep(1);
        log.push("slept");
      } catch (error) {
        log.push(`caught ${String(error)}`);
      } finally {
        log.push("finally");
      }
    }
    const work = coroutine(function* work() {
      yield* bare();
      log.push("after");
    });
    yield* work();
    return log;
  },
  *"waiters in a line for a queue and a lock, some of them cancelled"(): CoroutineBody<string[]> {
    const log: string[] = [];
    const queue = new Queue<number>();
    const lock = new Lock();
    const gets = coroutine(function* gets(name: string) {
      try {
        using _ = yield* lock.acquire();
        log.push(`${name} ${yield* queue.get()}`);
      } finally {
        log.push(`${name} ends`);
      }
    });
    const tasks = ["a", "b", "c"].map((name) => createTask(gets(name)));
    yield* sleep(1);
    tasks[1]?.cancel();
    yield* queue.put(1);
    yield* queue.put(2);
    yield* sleep(5);
    return log;
  },
};

for (const [what, body] of Object.entries(delicate)) {
  test(`${what} does the same while every wait is read`, async () => {
    const program = coroutine(body);
    const alone = await run(program(), { clock: virtualClock() });
    expect(alone.length).toBeGreaterThan(1);
    for (const lines of [1, 0.05, 0]) {
      const observer = recorder({ lines });
      expect(await run(program(), { clock: virtualClock(), observer })).toEqual(alone);
    }
    for (const lines of [1, 0.01]) {
      const observer = recorder({ lines, last: 16 });
      expect(await run(program(), { clock: virtualClock(), observer })).toEqual(alone);
    }
  });
}

/** An iterator of the program's own around an awaitable's, which passes every call on. */
function around<T>(awaitable: Awaitable<T>): Awaitable<T> {
  const inner = awaitable[Symbol.iterator]();
  return {
    [Symbol.iterator]: () => ({
      next: (...sent) => inner.next(...sent),
      return: (value) => inner.return?.(value) ?? { done: true, value: value as T },
    }),
  };
}

/** Iterates by hand, as compiled or instrumented code does. */
function* byHand<T>(awaitable: Awaitable<T>): CoroutineBody<T> {
  const inner = awaitable[Symbol.iterator]();
  let result = inner.next();
  while (!result.done) result = inner.next(yield result.value);
  return result.value;
}

for (const [what, wrap] of [
  ["an iterator of the program's own", around],
  ["a generator that iterates by hand", byHand],
] as const) {
  test(`a wait through ${what} lasts as long, and gives the same, while it is read`, async () => {
    const main = coroutine(function* main() {
      const queue = new Queue<number>();
      createTask(
        coroutine(function* puts() {
          yield* sleep(5);
          yield* queue.put(7);
        })(),
      );
      yield* wrap(sleep(2));
      yield* wrap(sleep(0));
      const slept = getRunningLoop().time();
      const item = yield* wrap(queue.get());
      return [slept, item, getRunningLoop().time()];
    });
    const alone = await run(main(), { clock: virtualClock() });
    expect(alone).toEqual([2, 7, 5]);
    for (const options of [LINES, {}, { last: 64 }]) {
      expect(await run(main(), { clock: virtualClock(), observer: recorder(options) })).toEqual(alone);
    }
  });
}
