/** Requests start as the limits allow, in the order they came, and no host holds another back. */
import { coroutine, createTask, gather, getRunningLoop, moveOnAfter, run, sleep } from "brigade";
import { assertNoLeaks, LeakError } from "brigade/testing";
import { expect, test } from "vitest";
import { type Lease, RequestLimits } from "../../../src/http/limits/limits.ts";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { leasesFor, Requests } from "./requests.ts";

test("no more requests are in flight than connections, and no more to one host than perHost", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 5, perHost: 2 });
    yield* gather(Array.from({ length: 60 }, (_, i) => requests.send({ host: `h${i % 4}`, takes: 1 + (i % 7) })));
    expect([requests.most, requests.mostToOne]).toEqual([5, 2]);
    expect(requests.starts).toHaveLength(60);
    expect(requests.limits.hosts()).toEqual([]);
  });
});

test("without limits given there are 100 connections, to one host as well", async () => {
  await virtually(function* () {
    expect(leasesFor(new RequestLimits(undefined), ["a"])).toBe(100);
    expect(leasesFor(new RequestLimits({ connections: 7 }), ["a"])).toBe(7);
    expect(leasesFor(new RequestLimits({ connections: 7, perHost: 3 }), ["a"])).toBe(3);
    expect(leasesFor(new RequestLimits({ connections: 7, perHost: 3 }), ["a", "b", "c"])).toBe(7);
  });
});

test("requests to one host start in the order they came, and a late one does not overtake", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 3, perHost: 2 });
    const tasks = [];
    for (let i = 0; i < 20; i++) {
      tasks.push(createTask(requests.send({ host: "a", name: String(i), takes: 10 + (i % 3) })));
      yield* sleep(i % 2);
    }
    yield* gather(tasks);
    expect(requests.starts.map(({ name }) => Number(name))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

test("tryEnter gives nothing while somebody is ahead in line, though a permit was just freed", async () => {
  await virtually(function* () {
    for (const limits of [{ connections: 1 }, { connections: 2, perHost: 1 }]) {
      const requests = new RequestLimits(limits);
      const first = requests.tryEnter("a") as Lease;
      const second = createTask(requests.enter("a"));
      yield* sleep(1);
      expect(requests.tryEnter("a")).toBe(undefined);
      first.release("fine");
      expect(requests.tryEnter("a")).toBe(undefined);
      (yield* second).release("fine");
      const third = requests.tryEnter("a");
      expect(third).toBeDefined();
      third?.release("fine");
    }
  });
});

test("a lease is released once, however often it is asked to", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ connections: 2 });
    const lease = limits.tryEnter("a");
    for (let i = 0; i < 3; i++) lease?.release("fine");
    expect(leasesFor(limits, ["a", "b", "c", "d"])).toBe(2);
  });
});

test("a lease that is released outside of every task lets the next request start", async () => {
  const limits = new RequestLimits({ connections: 1, rate: "1000000/s", adaptive: true });
  let lease: Lease | undefined;
  await run(function* () {
    lease = limits.tryEnter("a");
    // A callback of the host, as of a socket: no loop is running there. In real time, since it waits for the host.
    setTimeout(() => lease?.release("fine"), 5);
    const next = yield* limits.enter("a");
    expect(limits.hosts()).toEqual([{ host: "a", inFlight: 1, waiting: 0, limit: 1 }]);
    next.release("fine");
  });
  expect(limits.hosts()).toEqual([]);
});

test("hosts() tells of those that have requests in flight or waiting, and of no others", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 3, perHost: 2 });
    requests.sendMany(4, { host: "a" });
    requests.sendMany(3, { host: "b", takes: 20 });
    yield* sleep(5);
    expect(requests.limits.hosts()).toEqual([
      { host: "a", inFlight: 2, waiting: 2, limit: 2 },
      { host: "b", inFlight: 1, waiting: 2, limit: 2 },
    ]);
    yield* sleep(55);
    expect(requests.limits.hosts()).toEqual([]);
    expect(requests.starts).toHaveLength(7);
  });
});

test("a request that waits for its host holds no connection", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 2, perHost: 1 });
    requests.sendMany(50, { host: "busy", takes: 1_000 });
    yield* sleep(1);
    yield* requests.send({ host: "free" });
    expect(requests.times("free")).toEqual([1]);
  });
});

test("one host's long line holds no other back: among many waiting, hosts take turns", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 4 });
    requests.sendMany(1_000, { host: "busy" });
    yield* sleep(1);
    requests.sendMany(3, { host: "late" });
    yield* sleep(10);
    // Four ended at 10: before the next of the host that was served, the one that came.
    expect(requests.starts.slice(4, 8).map(({ host }) => host)).toContain("late");
    yield* sleep(20);
    expect(requests.times("late")).toHaveLength(3);
    expect(requests.starts.length).toBe(16);
  });
});

test("among ten hosts with long lines, a new one waits for at most one request of each", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 1 });
    for (let host = 0; host < 10; host++) requests.sendMany(100, { host: `busy${host}` });
    yield* sleep(1);
    yield* requests.send({ host: "late" });
    expect(requests.starts.findIndex(({ host }) => host === "late")).toBeLessThanOrEqual(11);
  });
});

test("a host whose rate is low holds no other back", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 2, perHostRate: "1/s" });
    requests.sendMany(20, { host: "slow" });
    yield* sleep(1);
    const began = getRunningLoop().time();
    yield* gather(["a", "b", "c"].map((host) => requests.send({ host })));
    expect(getRunningLoop().time() - began).toBeLessThanOrEqual(20);
  });
});

test("hosts take turns under a rate over all", async () => {
  await virtually(function* () {
    const requests = new Requests({ rate: "10/s" });
    requests.sendMany(100, { host: "busy" });
    yield* sleep(250);
    yield* gather(Array.from({ length: 3 }, () => requests.send({ host: "late" })));
    expect(requests.times("late")).toEqual([400, 600, 800]);
    expect(requests.times("busy").slice(0, 7)).toEqual([0, 100, 200, 300, 500, 700, 900].filter((at) => at < 810));
  });
});

test("cancelled at any moment of its way, a request leaves every permit there, and the others go on", async () => {
  const most = { connections: 2, perHost: 1, rate: "100/s", perHostRate: "50/s" } as const;
  for (const limits of [{ connections: 1 }, { connections: 2, perHost: 1 }, { ...most, connections: 1 }, most]) {
    for (let at = 0; at < 60; at += 5) {
      await virtually(function* () {
        const requests = new Requests(limits);
        const tasks = ["a", "a", "a", "b", "b"].map((host) => createTask(requests.send({ host })));
        yield* sleep(at);
        for (const index of [1, 3]) if (!tasks[index]?.done) yield* cancelled(tasks[index] as never);
        yield* gather(tasks, { returnExceptions: true });
        expect(tasks.filter((task) => !task.cancelled)).toHaveLength(
          tasks.filter(({ done, cancelled }) => done && !cancelled).length,
        );
        expect(requests.limits.hosts()).toEqual([]);
        yield* sleep(100);
        const lease = requests.limits.tryEnter("a");
        expect(lease).toBeDefined();
        lease?.release("fine");
      });
    }
  }
});

test("a timeout around enter gives the place in line up, and what was held with it", async () => {
  await virtually(function* () {
    const limits = new RequestLimits({ connections: 2, perHost: 1 });
    const held = limits.tryEnter("a");
    expect(yield* moveOnAfter(50, limits.enter("a"))).toBe(undefined);
    expect(limits.hosts()).toEqual([{ host: "a", inFlight: 1, waiting: 0, limit: 1 }]);
    held?.release("fine");
    expect(leasesFor(limits, ["a", "b"])).toBe(2);
  });
});

test("ten thousand that wait are cancelled in time in proportion, and leave nothing", async () => {
  await virtually(function* () {
    const requests = new Requests({ connections: 1, perHost: 1 });
    const tasks = [...requests.sendMany(10_000, { host: "a", takes: 100 }), ...requests.sendMany(1_000, { host: "b" })];
    yield* sleep(1);
    const began = performance.now();
    for (const task of tasks) task.cancel();
    yield* gather(tasks, { returnExceptions: true });
    // A search through the line for each takes seconds.
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(requests.limits.hosts()).toEqual([]);
    expect(leasesFor(requests.limits, ["a"])).toBe(1);
  });
});

test("a lease that nobody releases is a leak, however it was come by", async () => {
  const once = coroutine(function* (limits: RequestLimits, waits: boolean) {
    if (waits) return yield* limits.enter("a");
    return limits.tryEnter("a");
  });
  for (const waits of [false, true]) {
    await expect(assertNoLeaks(() => once(new RequestLimits({ perHost: 2 }), waits))).rejects.toThrow(LeakError);
    await assertNoLeaks(function* () {
      (yield* once(new RequestLimits({ perHost: 2, rate: "5/s", adaptive: true }), waits))?.release("overloaded");
    });
  }
});
