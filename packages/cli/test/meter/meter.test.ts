import { getRunningLoop, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { Meter } from "../../src/fetch/meter/meter.ts";
import type { FetchResult } from "../../src/fetch/result.ts";
import { failed, made, randomNumbers } from "./results.ts";

function meterOf(results: readonly FetchResult[], hosts?: number): Meter {
  const meter = new Meter({ total: results.length, clock: () => 0, ...(hosts === undefined ? {} : { hosts }) });
  for (const result of results) {
    meter.started(result.index, result.url, result.host);
    meter.finished(result);
  }
  return meter;
}

/** In MB, of what is in use. */
function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

test("a meter counts by status, by class of error, and in bytes", () => {
  const meter = meterOf([
    made({ bytes: 100 }),
    made({ bytes: 23, attempts: 3 }),
    failed("HTTPStatusError", "404 Not Found", { status: 404 }),
    failed("ConnectTimeout", "the first"),
    failed("ConnectTimeout", "the second"),
  ]);
  expect([meter.done, meter.failed, meter.bytes, meter.attempts, meter.retried]).toEqual([5, 3, 123, 7, 1]);
  expect(Object.fromEntries(meter.statuses)).toEqual({ 200: 2, 404: 1 });
  expect(meter.failures.get("ConnectTimeout")).toMatchObject({ count: 2, message: "the first" });
});

test("what is open was started and has not finished", () => {
  const meter = new Meter({ total: undefined, clock: () => 0 });
  for (let index = 0; index < 5; index++) meter.started(index, "https://a.example/", "a.example:443");
  meter.finished(made());
  expect(meter.open).toBe(4);
  expect(meter.hosts.of("a.example:443").open).toBe(4);
});

test("times leave out what a request waited for the limits", () => {
  const meter = meterOf([made({ waiting: 5_000, connect: 20, response: 70, body: 10 })]);
  expect(meter.oneAtATime).toBe(100);
  expect(meter.times?.max).toBeCloseTo(100, 0);
  expect(meter.times?.p50).toBeCloseTo(100, 0);
});

test("percentiles lie within 0.2 % of those of all times", () => {
  const random = randomNumbers(7);
  const times = Array.from({ length: 20_000 }, () => 0.2 + random() ** 6 * 60_000);
  const { times: found } = meterOf(times.map((response) => made({ response })));
  const sorted = times.toSorted((a, b) => a - b);
  for (const [name, share] of [
    ["p50", 0.5],
    ["p90", 0.9],
    ["p99", 0.99],
    ["max", 1],
  ] as const) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    expect(Math.abs((found?.[name] ?? 0) / exact - 1), name).toBeLessThan(0.002);
  }
});

test("a URL that was never sent has no time", () => {
  const meter = meterOf([failed("InvalidRequestError", "no scheme", { attempts: 0, host: "", response: 0 })]);
  expect(meter.times).toBeUndefined();
  expect([meter.done, meter.failed, meter.open, meter.hosts.size]).toEqual([1, 1, 0, 0]);
});

test("the rate is that of the last five seconds", () =>
  run(
    function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      const meter = new Meter({ total: 1_000, clock: () => loop.time() - start });
      const finish = (count: number): void => {
        for (let done = 0; done < count; done++) meter.finished(made());
      };
      expect(meter.rate).toBe(0);
      finish(1);
      expect(meter.rate).toBeLessThanOrEqual(2); // one at once is not a million a second
      for (let tick = 0; tick < 100; tick++) {
        finish(10);
        yield* sleep(100);
      }
      expect(meter.rate).toBeGreaterThan(95);
      expect(meter.rate).toBeLessThan(105);
      yield* sleep("4s");
      expect(meter.rate).toBeLessThan(40);
      yield* sleep("2s");
      expect(meter.rate).toBe(0);
      finish(5);
      expect(meter.rate).toBeGreaterThan(0);
    },
    { clock: virtualClock() },
  ));

test("what remains follows from the rate, and from what needed no request", () =>
  run(
    function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      const meter = new Meter({ total: 400, clock: () => loop.time() - start });
      expect(meter.remaining).toBeUndefined();
      meter.skip(100);
      for (let tick = 0; tick < 100; tick++) {
        meter.finished(made());
        yield* sleep(100);
      }
      expect(meter.remaining).toBeGreaterThan(18_000); // 200 more at 10/s
      expect(meter.remaining).toBeLessThan(22_000);
      meter.skip(200);
      expect(meter.remaining).toBe(0);
      meter.total = undefined;
      expect(meter.remaining).toBeUndefined();
    },
    { clock: virtualClock() },
  ));

test("hosts are bounded: the busy ones stay, and those that went are counted together", () => {
  const results: FetchResult[] = [];
  for (let index = 0; index < 20_000; index++) {
    const host = index % 4 === 0 ? `busy${index % 12}.example:443` : `h${index}.example:443`;
    results.push(made({ index, host, bytes: 10 }));
  }
  const meter = meterOf(results, 100);
  expect(meter.hosts.size).toBeLessThanOrEqual(100);
  const kept = [...meter.hosts.values()];
  const sum = kept.reduce((total, { done }) => total + done, 0);
  expect(sum + meter.hosts.dropped.done).toBe(20_000);
  expect(kept.filter(({ host }) => host.startsWith("busy")).map(({ done }) => done)).toEqual([1_667, 1_667, 1_666]);
});

test("a host with open requests is never dropped", () => {
  const meter = new Meter({ total: undefined, clock: () => 0, hosts: 10 });
  for (let index = 0; index < 500; index++) meter.started(index, "", `h${index}.example:443`);
  expect(meter.hosts.size).toBe(500);
  for (let index = 0; index < 500; index++) meter.finished(made({ host: `h${index}.example:443` }));
  for (let index = 500; index < 510; index++) {
    meter.started(index, "", `h${index}.example:443`);
    meter.finished(made({ host: `h${index}.example:443` }));
  }
  expect(meter.hosts.dropped.done + [...meter.hosts.values()].reduce((sum, { done }) => sum + done, 0)).toBe(510);
});

test("classes of errors are bounded", () => {
  const meter = meterOf(Array.from({ length: 1_000 }, (_, index) => failed(`Error${index}`, "")));
  expect(meter.failures.size).toBeLessThanOrEqual(101);
  expect([...meter.failures.values()].reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
});

test("no password of a URL is kept", () => {
  const meter = meterOf([failed("ConnectError", "refused", { url: "https://me:secret@a.example/x" })]);
  expect(meter.failures.get("ConnectError")?.url).toBe("https://***@a.example/x");
});

test("requests without number to thousands of hosts leave the heap as it was", () => {
  const meter = new Meter({ total: undefined, clock: () => 0 });
  const feed = (count: number, from: number): void => {
    for (let index = from; index < from + count; index++) {
      const host = `h${index % 7_919}.example:443`;
      meter.started(index, "", host);
      meter.finished(
        index % 3 === 0 ? failed("ReadTimeout", `message ${index}`, { host }) : made({ host, response: index % 977 }),
      );
    }
  };
  feed(50_000, 0);
  const before = heap();
  feed(400_000, 50_000);
  expect(heap() - before).toBeLessThan(2);
  expect(meter.done).toBe(450_000);
});

test("what is kept of a line does not keep the block that the line was cut from", () => {
  const meter = new Meter({ total: undefined, clock: () => 0 });
  const before = heap();
  for (let index = 0; index < 100; index++) {
    const block = Buffer.alloc(1_000_000, `${String(index).padStart(8, "0")}.example.com/`).toString("latin1");
    const host = block.slice(0, 20);
    meter.started(index, block.slice(0, 40), host);
    meter.finished(failed(`Error${index}`, block.slice(0, 50), { url: block.slice(0, 40), host }));
  }
  expect(heap() - before).toBeLessThan(10);
});
