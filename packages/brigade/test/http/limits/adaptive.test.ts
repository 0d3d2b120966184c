/** Adaptive concurrency: a host's limit grows while it is used and answers come, and is cut once by what overloads it. */
import { coroutine, createTask, gather, getRunningLoop, sleep } from "brigade";
import { expect, test } from "vitest";
import { type Lease, RequestLimits } from "../../../src/http/limits/limits.ts";
import { virtually } from "../../virtually.ts";
import { leasesFor, Requests } from "./requests.ts";

/** As many leases as there are, at once. */
function all(limits: RequestLimits, host = "a"): Lease[] {
  const leases: Lease[] = [];
  for (let lease = limits.tryEnter(host); lease; lease = limits.tryEnter(host)) leases.push(lease);
  return leases;
}

function release(leases: readonly Lease[], signal: "fine" | "overloaded" | "unknown"): void {
  for (const lease of leases) lease.release(signal);
}

test("it starts with 4, or with what perHost allows if that is less, and with what it is told", async () => {
  await virtually(function* () {
    expect(leasesFor(new RequestLimits({ adaptive: true }), ["a"])).toBe(4);
    expect(leasesFor(new RequestLimits({ adaptive: true, perHost: 3 }), ["a"])).toBe(3);
    expect(leasesFor(new RequestLimits({ adaptive: { min: 6 } }), ["a"])).toBe(6);
    expect(leasesFor(new RequestLimits({ adaptive: { start: 9 } }), ["a"])).toBe(9);
    expect(leasesFor(new RequestLimits({ adaptive: {} }), ["a"])).toBe(4);
  });
});

test("a window of good answers while the limit is used adds one", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 2 } });
    for (const expected of [2, 3, 4, 5]) {
      const leases = all(limits);
      expect(leases).toHaveLength(expected);
      const last = leases.pop();
      release(leases, "fine");
      expect(limits.hosts()[0]?.limit).toBe(expected);
      last?.release("fine");
    }
  });
});

test("a limit that is not used does not grow, or not any more", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 4 } });
    const held = limits.tryEnter("a");
    const threeAtOnce = () => {
      for (let i = 0; i < 100; i++) release([limits.tryEnter("a"), limits.tryEnter("a")] as Lease[], "fine");
      return limits.hosts()[0]?.limit;
    };
    expect(threeAtOnce()).toBe(4);
    release(all(limits), "unknown"); // it is used once, in a window that is not over
    expect(threeAtOnce()).toBe(5);
    expect(threeAtOnce()).toBe(5);
    held?.release("unknown");
  });
});

test("that the limit was used before a cut does not let it grow after", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 8 } });
    const [held, last, ...leases] = all(limits);
    last?.release("overloaded");
    release(leases, "fine");
    for (let i = 0; i < 100; i++) release([limits.tryEnter("a"), limits.tryEnter("a")] as Lease[], "fine");
    expect(limits.hosts()).toEqual([{ host: "a", inFlight: 1, waiting: 0, limit: 4 }]);
    held?.release("unknown");
  });
});

test("answers that say nothing neither add nor cut", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 3 } });
    for (let i = 0; i < 10; i++) release(all(limits), "unknown");
    expect(leasesFor(limits, ["a"])).toBe(3);
  });
});

test("a sign of overload cuts by half, or by what it is told, and never below min", async () => {
  await virtually(function* () {
    for (const [adaptive, expected] of [
      [{ start: 16 }, [8, 4, 2, 1, 1]],
      [{ start: 16, min: 3 }, [8, 4, 3, 3, 3]],
      [{ start: 10, decrease: 0.9 }, [9, 8, 7, 6, 5]],
    ] as const) {
      const limits = new RequestLimits({ adaptive });
      for (const limit of expected) {
        limits.tryEnter("a")?.release("overloaded");
        expect(leasesFor(limits, ["a"])).toBe(limit);
      }
    }
  });
});

test("it never grows above max", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 2, max: 3 } });
    for (let i = 0; i < 10; i++) release(all(limits), "fine");
    expect(leasesFor(limits, ["a"])).toBe(3);
  });
});

test("requests that were in flight at a cut neither cut again nor add", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 16 } });
    const leases = all(limits);
    const late = leases.splice(8);
    release(leases, "overloaded");
    expect(limits.hosts()[0]?.limit).toBe(8);
    release(late, "fine");
    expect(leasesFor(limits, ["a"])).toBe(8);
    limits.tryEnter("a")?.release("overloaded");
    expect(leasesFor(limits, ["a"])).toBe(4);
  });
});

test("a request that was let in just before a cut, and starts just after it, does not cut again", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 4 } });
    const [first, ...others] = all(limits);
    const waiting = createTask(limits.enter("a"));
    yield* sleep(1);
    first?.release("unknown"); // lets the one that waits in, in the next iteration
    release(others.splice(0, 1), "overloaded");
    expect(limits.hosts()[0]?.limit).toBe(2);
    (yield* waiting).release("overloaded");
    expect(limits.hosts()[0]?.limit).toBe(2);
    release(others, "unknown");
  });
});

test("after a cut nobody starts until there are fewer in flight than the new limit", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 8 } });
    const leases = all(limits);
    const waiting = createTask(limits.enter("a"));
    yield* sleep(1);
    release(leases.splice(0, 1), "overloaded");
    for (let inFlight = 7; inFlight >= 4; inFlight--) {
      yield* sleep(1);
      expect(waiting.done).toBe(false);
      expect(limits.hosts()).toEqual([{ host: "a", inFlight, waiting: 1, limit: 4 }]);
      release(leases.splice(0, 1), "unknown");
    }
    yield* sleep(1);
    expect(waiting.done).toBe(true);
    release([yield* waiting, ...leases], "unknown");
    expect(leasesFor(limits, ["a"])).toBe(4);
  });
});

test("a limit that grows lets one more of those that wait start, at that moment", async () => {
  await virtually(function* () {
    const requests = new Requests({ adaptive: { start: 1 } });
    yield* gather(requests.sendMany(16, { host: "a", takes: 10 }));
    // 1, then 2 from 10, 3 from 30 …: each window is one request longer.
    const at = Map.groupBy(requests.times(), (time) => time);
    expect([...at].map(([time, starts]) => [time, starts.length])).toEqual([
      [0, 1],
      [10, 2],
      [20, 3],
      [30, 4],
      [40, 5],
      [50, 1],
    ]);
  });
});

test("it settles around what the host can take, and comes back when that grows", async () => {
  await virtually(function* () {
    let capacity = 10;
    let served = 0;
    const limits = new RequestLimits({ adaptive: true, connections: 1_000 });
    const limitsSeen: number[] = [];
    const call = coroutine(function* call() {
      const lease = yield* limits.enter("a");
      const refused = ++served > capacity;
      yield* sleep(10);
      served--;
      limitsSeen.push(limits.hosts()[0]?.limit ?? 0);
      lease.release(refused ? "overloaded" : "fine");
    });
    const load = (count: number) => gather(Array.from({ length: count }, call));
    yield* load(3_000);
    const settled = limitsSeen.slice(-2_000);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...settled)).toBeLessThanOrEqual(11);
    capacity = 40;
    yield* load(10_000);
    expect(Math.max(...limitsSeen.slice(-2_000))).toBeGreaterThanOrEqual(40);
  });
});

test("what was found of a host is known when it is asked again minutes later, and forgotten in the end", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 8 } });
    limits.tryEnter("a")?.release("overloaded");
    for (let minute = 0; minute < 4; minute++) {
      yield* sleep("1m");
      limits.tryEnter(`other${minute}`)?.release("fine");
    }
    expect(leasesFor(limits, ["a"])).toBe(4);
    for (let minute = 0; minute < 11; minute++) {
      yield* sleep("1m");
      limits.tryEnter(`other${minute}`)?.release("fine");
    }
    expect(leasesFor(limits, ["a"])).toBe(8);
  });
});

test("each host has a limit of its own", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ adaptive: { start: 8 } });
    limits.tryEnter("a")?.release("overloaded");
    expect(leasesFor(limits, ["a"])).toBe(4);
    expect(leasesFor(limits, ["b"])).toBe(8);
    expect(getRunningLoop().time()).toBe(0);
  });
});
