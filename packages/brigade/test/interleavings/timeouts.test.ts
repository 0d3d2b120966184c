/** timeout under every schedule: nested, due at once, with a body that ends in the iteration of the expiry, and cancelled around it. */
import { type Awaitable, coroutine, currentTask, Event, sleep, TimeoutError, timeout } from "brigade";
import { expect, test } from "vitest";
import { demand, type Ending, explore, type Program, told } from "./explorer.ts";

/** Cleanups that have begun and ended, and how each scope ended. */
class Log {
  begun = 0;
  ended = 0;
  readonly seen: string[] = [];

  /** Works for some milliseconds and some iterations; its cleanup takes as many iterations as it is told. */
  readonly work = coroutine(function* work(this: Log, duration: number, iterations: number, cleanup: number) {
    this.begun++;
    try {
      yield* sleep(duration);
      for (let index = 0; index < iterations; index++) yield* sleep(0);
      return "value";
    } finally {
      if (currentTask().unwinding) for (let index = 0; index < cleanup; index++) yield* sleep(0);
      this.ended++;
    }
  });

  /** Waits for the event, then works for some iterations. */
  readonly react = coroutine(function* react(this: Log, event: Event, iterations: number, cleanup: number) {
    this.begun++;
    try {
      yield* event.wait();
      for (let index = 0; index < iterations; index++) yield* sleep(0);
      return "value";
    } finally {
      if (currentTask().unwinding) for (let index = 0; index < cleanup; index++) yield* sleep(0);
      this.ended++;
    }
  });

  /** A timeout whose outcome is noted where it is seen; an expiry is thrown on. */
  readonly scope = coroutine(function* scope(this: Log, name: string, delay: number, body: () => Awaitable<unknown>) {
    try {
      yield* timeout(delay, body());
      this.seen.push(`${name} value`);
    } catch (error) {
      demand(error instanceof TimeoutError, `${(error as Error).name} instead of TimeoutError`);
      this.seen.push(`${name} expired`);
      throw error;
    }
  });

  atRest(endings: readonly Ending[]): void {
    demand(!endings.some(({ outcome }) => outcome === "waiting"), "a task waits for ever");
    demand(this.begun === this.ended, "a cleanup was cut short or ran twice");
    for (const { outcome, cancelled } of endings)
      demand(!cancelled || outcome === "cancelled", "a TimeoutError came out of a cancelled task");
  }
}

const timed =
  (tasks: (log: Log) => Program["tasks"], check: (log: Log, endings: readonly Ending[]) => void) => (): Program => {
    const log = new Log();
    return {
      tasks: tasks(log),
      mayFail: (error) => error instanceof TimeoutError,
      atRest: (endings) => {
        log.atRest(endings);
        check(log, endings);
      },
    };
  };

const failed = (ending: Ending | undefined): boolean => typeof ending?.outcome === "object";

test("timeout: a body that ends before, in and after the iteration of the expiry", async () => {
  let schedules = 0;
  for (const iterations of [0, 1])
    for (const cleanup of [0, 2]) {
      const outcomes = new Set<string>();
      const program = timed(
        (log) => {
          const event = new Event();
          const set = coroutine(function* set() {
            event.set();
          });
          const react = () => log.scope("a", 0, () => log.react(event, iterations, cleanup));
          return [
            [() => sleep(1), react],
            [() => sleep(1), set],
          ];
        },
        (log, endings) => {
          outcomes.add(log.seen.join());
          if (endings[0]?.cancelled === true || endings[1]?.cancelled === true) return;
          demand(failed(endings[0]) === (log.seen.at(-1) === "a expired"), "the task's outcome is not the scope's");
        },
      );
      schedules += told(
        `timeout, ${iterations} iterations after, ${cleanup} in cleanup`,
        await explore(program, { from: 1 }),
      );
      expect(outcomes.has("a expired") && (iterations > 0 || outcomes.has("a value"))).toBe(true);
    }
  expect(schedules).toBeGreaterThan(1_000);
}, 60_000);

test("timeout: a task cancelled in any iteration around the expiry ends cancelled, and the scope's caller does not go on", async () => {
  let schedules = 0;
  for (const cleanup of [0, 1, 2]) {
    const program = timed(
      (log) => [
        [() => log.scope("a", 1, () => log.work(5, 0, cleanup)), () => sleep(0)],
        [() => log.scope("b", 1, () => log.work(1, 0, cleanup)), () => sleep(0)],
      ],
      (log, endings) => {
        for (const [index, name] of ["a", "b"].entries()) {
          const seen = log.seen.some((one) => one.startsWith(name));
          const ending = endings[index];
          demand(seen || ending?.cancelled === true, "a scope ended and nobody was told");
        }
      },
    );
    schedules += told(`timeout, cancelled, ${cleanup} in cleanup`, await explore(program, { from: 1 }));
  }
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("timeout inside timeout, both due at once: the outer one is seen, once, and the inner one never", async () => {
  let schedules = 0;
  for (const cleanup of [0, 1, 2])
    for (const depth of [2, 3]) {
      const program = timed(
        (log) => {
          const nest = (level: number): Awaitable<unknown> =>
            level === 0 ? log.work(5, 0, cleanup) : log.scope(String(level), 1, () => nest(level - 1));
          return [[() => nest(depth)], [() => sleep(1), () => sleep(0)]];
        },
        (log, endings) => {
          const expected = endings[0]?.cancelled === true ? ["", `${depth} expired`] : [`${depth} expired`];
          demand(expected.includes(log.seen.join()), `seen: ${log.seen.join()}`);
        },
      );
      schedules += told(`${depth} nested timeouts, ${cleanup} in cleanup`, await explore(program, { from: 1 }));
    }
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("timeout inside timeout, the inner one due in the cleanup of the outer one and the other way round", async () => {
  let schedules = 0;
  for (const [outer, inner] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const program = timed(
      (log) => [
        [() => log.scope("outer", outer, () => log.scope("inner", inner, () => cleaningFor(log, 3)))],
        [() => sleep(1), () => sleep(1)],
      ],
      (log, endings) => {
        const expected = endings[0]?.cancelled === true ? ["", "outer expired"] : ["outer expired"];
        demand(expected.includes(log.seen.join()), `seen: ${log.seen.join()}`);
      },
    );
    for (const from of [1, 2, 4])
      schedules += told(`outer ${outer} ms, inner ${inner} ms, from ${from} ms`, await explore(program, { from }));
  }
  expect(schedules).toBeGreaterThan(2_000);
}, 60_000);

/** Sleeps long; its cleanup takes milliseconds. */
const cleaningFor = coroutine(function* cleaningFor(log: Log, cleanup: number) {
  log.begun++;
  try {
    yield* sleep(500);
  } finally {
    yield* sleep(cleanup);
    log.ended++;
  }
});
