/** forEach and collect: every kind of source, one body after the other or up to `limit` at once. */
import {
  collect,
  coroutine,
  createTask,
  forEach,
  getRunningLoop,
  sleep,
  type Source,
  stream,
  suppressed,
  TimeoutError,
  timeout,
} from "brigade";
import { expect, test } from "vitest";
import { cancelled, outcomeOf } from "../outcome.ts";
import { virtually } from "../virtually.ts";

const now = (): number => getRunningLoop().time();

const ticks = stream(function* (count: number, seen: string[]) {
  try {
    for (let index = 0; index < count; index++) {
      yield* sleep(1);
      yield index;
    }
  } finally {
    seen.push("source closed");
  }
});

async function* promised(count: number, seen: string[]): AsyncGenerator<number> {
  try {
    for (let index = 0; index < count; index++) yield await Promise.resolve(index);
  } finally {
    seen.push("source closed");
  }
}

function* plain(count: number, seen: string[]): Generator<number> {
  try {
    for (let index = 0; index < count; index++) yield index;
  } finally {
    seen.push("source closed");
  }
}

const sources: readonly [string, (count: number, seen: string[]) => Source<number>][] = [
  ["stream", ticks],
  ["Iterable", plain],
  ["AsyncIterable", promised],
];

for (const [name, make] of sources) {
  test(`forEach reads a ${name} in order, one body after the other`, async () => {
    await virtually(function* () {
      const seen: string[] = [];
      const got: number[] = [];
      let inside = 0;
      yield* forEach(make(4, seen), function* (item) {
        expect(++inside).toBe(1);
        yield* sleep(5);
        inside--;
        got.push(item);
      });
      expect(got).toEqual([0, 1, 2, 3]);
      expect(seen).toEqual(["source closed"]);
    });
  });

  test(`a body that fails ends the reading of a ${name}: the source is closed, and the error is thrown`, async () => {
    for (const limit of [undefined, 2]) {
      await virtually(function* () {
        const seen: string[] = [];
        const got: number[] = [];
        const error = new Error("no stock");
        const reading = forEach(
          make(10, seen),
          function* (item) {
            got.push(item);
            yield* sleep(item === 1 ? 2 : 1);
            if (item === 1) throw error;
          },
          limit === undefined ? {} : { limit },
        );
        expect(yield* outcomeOf(createTask(reading))).toEqual({ error });
        expect(seen).toEqual(["source closed"]);
        expect(got.length).toBeLessThan(6);
      });
    }
  });

  test(`a cancelled forEach over a ${name} unwinds its body and closes the source`, async () => {
    await virtually(function* () {
      const seen: string[] = [];
      const task = createTask(
        forEach(make(10, seen), function* () {
          try {
            yield* sleep(1_000);
          } finally {
            yield* sleep(5);
            seen.push("body unwound");
          }
        }),
      );
      yield* sleep(100);
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(seen).toEqual(["body unwound", "source closed"]);
    });
  });

  test(`collect gives all of a ${name}`, async () => {
    expect(await virtually(collect(make(3, [])))).toEqual([0, 1, 2]);
    expect(await virtually(collect(make(0, [])))).toEqual([]);
  });
}

test("a body may be a plain function, or give any awaitable", async () => {
  await virtually(function* () {
    const got: unknown[] = [];
    yield* forEach([1, 2], (item) => void got.push(item));
    yield* forEach([3], (item) => createTask(sleep(5, got.push(item))));
    yield* forEach("45", (item) => Promise.resolve(got.push(item)));
    expect(got).toEqual([1, 2, 3, "4", "5"]);
  });
});

test("with a limit up to that many bodies run at once, begun in the order of the source", async () => {
  await virtually(function* () {
    const start = now();
    let inside = 0;
    let most = 0;
    const begun: string[] = [];
    yield* forEach(
      [30, 10, 10, 20, 10],
      function* (duration) {
        most = Math.max(most, ++inside);
        begun.push(`${duration} at ${now() - start}`);
        yield* sleep(duration);
        inside--;
      },
      { limit: 2 },
    );
    expect(most).toBe(2);
    expect(begun).toEqual(["30 at 0", "10 at 0", "10 at 10", "20 at 20", "10 at 30"]);
    expect(now() - start).toBe(40);
  });
});

test("with a limit the source is read no further ahead than its bodies", async () => {
  await virtually(function* () {
    let made = 0;
    let finished = 0;
    let most = 0;
    const source = stream(function* () {
      for (; made < 20; ) {
        most = Math.max(most, ++made - finished);
        yield made;
      }
    });
    yield* forEach(
      source(),
      function* (item) {
        yield* sleep(3 + (item % 4));
        finished++;
      },
      { limit: 3 },
    );
    expect(finished).toBe(20);
    expect(most).toBe(3);
  });
});

test("with a limit the first failure cancels the others, waits for them, and has their errors suppressed", async () => {
  await virtually(function* () {
    const start = now();
    const [first, second] = [new Error("first"), new Error("second")];
    const seen: string[] = [];
    const reading = forEach(
      [0, 1, 2, 3],
      function* (item) {
        seen.push(`begins ${item}`);
        try {
          yield* sleep(item === 1 ? 10 : 100);
          throw first;
        } finally {
          if (item !== 1) yield* sleep(5);
          seen.push(`ends ${item}`);
          if (item === 2) throw second;
        }
      },
      { limit: 3 },
    );
    expect(yield* outcomeOf(createTask(reading))).toEqual({ error: first });
    expect(suppressed(first)).toEqual([second]);
    expect(seen).toEqual(["begins 0", "begins 1", "begins 2", "ends 1", "ends 0", "ends 2"]);
    expect(now() - start).toBe(15);
  });
});

test("an error of the source cancels the bodies, waits for them, and is thrown", async () => {
  await virtually(function* () {
    const error = new Error("no more rows");
    const seen: string[] = [];
    const rows = stream(function* () {
      yield 1;
      yield* sleep(10);
      throw error;
    });
    const reading = forEach(
      rows(),
      function* () {
        try {
          yield* sleep(100);
        } finally {
          yield* sleep(5);
          seen.push("body unwound");
        }
      },
      { limit: 2 },
    );
    expect(yield* outcomeOf(createTask(reading))).toEqual({ error });
    expect(seen).toEqual(["body unwound"]);
    expect(yield* outcomeOf(createTask(forEach(rows(), () => {})))).toEqual({ error });
  });
});

test("cancelling forEach with a limit cancels every body and waits for all", async () => {
  await virtually(function* () {
    const start = now();
    const seen: number[] = [];
    const task = createTask(
      forEach(
        [30, 10, 20, 5],
        function* (cleanup) {
          try {
            yield* sleep(1_000);
          } finally {
            yield* sleep(cleanup);
            seen.push(cleanup);
          }
        },
        { limit: 3 },
      ),
    );
    yield* sleep(10);
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(seen).toEqual([10, 20, 30]);
    expect(now() - start).toBe(40);
  });
});

test("a timeout around forEach unwinds the body and closes the source", async () => {
  await virtually(function* () {
    const seen: string[] = [];
    const reading = timeout(
      10,
      forEach(ticks(100, seen), () => sleep(1)),
    );
    expect(yield* outcomeOf(createTask(reading))).toEqual({ error: expect.any(TimeoutError) });
    expect(seen).toEqual(["source closed"]);
  });
});

test("a limit below 1 throws RangeError, what is no source TypeError", async () => {
  await virtually(function* () {
    const errorOf = coroutine(function* errorOf(source: unknown, limit: number) {
      const reading = coroutine(function* reading() {
        yield* forEach(source as Source<number>, () => {}, { limit });
      });
      return ((yield* outcomeOf(createTask(reading()))) as { error: unknown }).error;
    });
    for (const limit of [0, -1, Number.NaN]) expect(yield* errorOf([1], limit)).toBeInstanceOf(RangeError);
    for (const source of [5, undefined, {}]) expect(yield* errorOf(source, 1)).toBeInstanceOf(TypeError);
  });
});
