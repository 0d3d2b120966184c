/** Rates: starts evenly spread, never more than the rate allows in any window of time, and the rate is reached. */
import { type Clock, coroutine, createTask, gather, getRunningLoop, run, sleep } from "brigade";
import { expect, test } from "vitest";
import { RequestLimits } from "../../../src/http/limits/limits.ts";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { Requests } from "./requests.ts";
import { mostOver } from "./windows.ts";

test("requests that come at once start evenly spread, the first at once", async () => {
  await virtually(function* () {
    const requests = new Requests({ rate: "50/s" });
    yield* gather(requests.sendMany(6, { host: "a" }));
    expect(requests.times()).toEqual([0, 20, 40, 60, 80, 100]);
  });
});

test("a rate is per second, minute or hour, and may be a fraction", async () => {
  for (const [rate, gap] of [
    ["4/s", 250],
    ["6/m", 10_000],
    ["0.5/s", 2_000],
    ["2 / h", 1_800_000],
  ] as const) {
    await virtually(function* () {
      const requests = new Requests({ rate: rate as "1/s" });
      yield* gather(requests.sendMany(3, { host: "a" }));
      expect(requests.times(), rate).toEqual([0, gap, 2 * gap]);
    });
  }
});

test("perHostRate holds for each host, rate for all of them together", async () => {
  await virtually(function* () {
    const requests = new Requests({ rate: "100/s", perHostRate: "20/s" });
    yield* gather([...requests.sendMany(4, { host: "a" }), ...requests.sendMany(4, { host: "b" })]);
    expect(requests.times("a")).toEqual([0, 50, 100, 150]);
    expect(requests.times("b")).toEqual([10, 60, 110, 160]);
  });
});

test("time in which nobody came is not saved up", async () => {
  await virtually(function* () {
    const requests = new Requests({ rate: "10/s", perHostRate: "10/s" });
    yield* requests.send({ host: "a" });
    yield* sleep(10_000);
    const began = getRunningLoop().time();
    yield* gather(requests.sendMany(3, { host: "a" }));
    expect(requests.times().slice(1)).toEqual([began, began + 100, began + 200]);
  });
});

test("a rate counts starts: requests that a full client held back do not start together when it has room", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 4, perHostRate: "10/s" });
    const filling = requests.sendMany(4, { host: "filler", takes: 10_000 });
    yield* sleep(1_000);
    const waiting = requests.sendMany(4, { host: "a" });
    yield* sleep(60_000);
    yield* gather([...filling, ...waiting]);
    expect(requests.times("filler")).toEqual([0, 100, 200, 300]);
    expect(requests.times("a")).toEqual([10_000, 10_100, 10_200, 10_300]);
  });
});

test("one that is cancelled while it waits for its turn takes no slot", async () => {
  for (const limits of [{ rate: "10/s" }, { perHostRate: "10/s" }, { rate: "10/s", perHostRate: "10/s" }] as const) {
    await virtually(function* () {
      const requests = new Requests(limits);
      const tasks = requests.sendMany(4, { host: "a" });
      yield* sleep(50);
      yield* cancelled(tasks[1] as never);
      yield* gather(tasks, { returnExceptions: true });
      expect(requests.times()).toEqual([0, 100, 200]);
    });
  }
});

test("a full client whose next request is cancelled owes the ones behind it nothing", async () => {
  for (const limits of [{ rate: "1000/s" }, { perHostRate: "1000/s" }] as const) {
    for (const followers of [() => "a", (i: number) => `host${i}`]) {
      // At 1,000 the permit is on its way to the second one.
      for (const at of [989, 1_000]) {
        await virtually(function* () {
          const requests = new Requests({ connections: 1, perHost: 50, ...limits });
          const first = createTask(requests.send({ host: "a", takes: 1_000 }));
          yield* sleep(0);
          const second = createTask(requests.send({ host: "a", takes: 1_000 }));
          yield* sleep(0);
          const others = Array.from({ length: 20 }, (_, i) => requests.send({ host: followers(i), takes: 0 }));
          const waiting = createTask(gather(others));
          yield* sleep(at);
          second.cancel();
          yield* gather([first, waiting]);
          expect(second.cancelled).toBe(true);
          expect(mostOver(requests.times("rate" in limits ? undefined : "a"), 1)).toBe(1);
        });
      }
    }
  }
});

test("a host that is idle for less than its interval is not asked too early", async () => {
  await virtually(function* () {
    const requests = new Requests({ perHostRate: "1/m" });
    for (let i = 0; i < 3; i++) yield* requests.send({ host: "a", takes: 1 });
    // Others come and go meanwhile, which makes the client forget what it may.
    yield* gather(Array.from({ length: 1_000 }, (_, i) => requests.send({ host: `h${i}`, takes: 1 })));
    yield* sleep(59_000);
    yield* gather(Array.from({ length: 1_000 }, (_, i) => requests.send({ host: `g${i}`, takes: 1 })));
    yield* requests.send({ host: "a", takes: 1 });
    expect(requests.times("a")).toEqual([0, 60_000, 120_000, 180_000]);
  });
});

/** A virtual clock whose timers come late. */
function lateClock(late: (when: number) => number): Clock {
  let now = 0;
  return {
    now: () => now,
    advanceTo(when) {
      now = when + late(when);
    },
  };
}

test("5,000 starts a second are reached with timers that come a millisecond or two late", async () => {
  for (const limits of [
    { rate: "5000/s" },
    { perHostRate: "5000/s" },
    { rate: "5000/s", perHostRate: "5000/s" },
  ] as const) {
    for (const late of [() => 1, (when: number) => 2 - (when % 2)]) {
      const requests = new Requests({ ...limits, connections: 1_000 });
      const main = coroutine(function* main() {
        yield* gather(requests.sendMany(5_001, { host: "a", takes: 0 }));
      });
      await run(main(), { clock: lateClock(late) });
      const times = requests.times();
      expect(times.at(-1)).toBeLessThan(1_010);
      // No more than what was late comes together.
      expect(mostOver(times, 0.2)).toBeLessThanOrEqual(25);
    }
  }
});

test("a loop that was blocked for a second does not let a second's worth of requests out", async () => {
  let blocked = false;
  const requests = new Requests({ rate: "1000/s" });
  const main = coroutine(function* main() {
    yield* gather(requests.sendMany(3_000, { host: "a", takes: 0 }));
  });
  const once = (when: number): number => {
    if (blocked || when < 500) return 0;
    blocked = true;
    return 1_000;
  };
  await run(main(), { clock: lateClock(once) });
  expect(blocked).toBe(true);
  expect(mostOver(requests.times(), 1)).toBeLessThanOrEqual(22);
});

test("tryEnter keeps the rates as well", async () => {
  await virtually(function* () {
    for (const limits of [{ rate: "10/s" }, { perHostRate: "10/s" }] as const) {
      const requests = new RequestLimits(limits);
      requests.tryEnter("a")?.release("fine");
      expect(requests.tryEnter("a")).toBe(undefined);
      yield* sleep(99);
      expect(requests.tryEnter("a")).toBe(undefined);
      expect(requests.hosts()).toEqual([]);
      yield* sleep(1);
      expect(requests.tryEnter("a")).toBeDefined();
    }
  });
});
