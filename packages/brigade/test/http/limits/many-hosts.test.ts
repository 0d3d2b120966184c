/** The memory of the limits is that of the hosts in use, however many there were before. */
import { coroutine, gather, run, sleep } from "brigade";
import { expect, test } from "vitest";
import { virtualClock } from "brigade/testing";
import { RequestLimits } from "../../../src/http/limits/limits.ts";
import type { Limits } from "../../../src/http/types.ts";

const MEGABYTE = 2 ** 20;

const collected = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

const KINDS: readonly [string, Limits, "fine" | "overloaded"][] = [
  ["perHost", { perHost: 2 }, "fine"],
  ["perHostRate", { perHostRate: "5/s" }, "fine"],
  ["adaptive", { adaptive: true }, "overloaded"],
  ["perHostRate and adaptive", { perHostRate: "5/s", adaptive: true }, "overloaded"],
];

for (const [name, limits, signal] of KINDS) {
  test(`300,000 hosts, one after the other, with ${name}: a few megabytes`, async () => {
    expect(globalThis.gc, "run with --expose-gc").toBeDefined();
    const requestLimits = new RequestLimits(limits);
    const worker = coroutine(function* worker(first: number) {
      for (let host = first; host < 300_000; host += 50) {
        const lease =
          requestLimits.tryEnter(`host-${host}.example`) ?? (yield* requestLimits.enter(`host-${host}.example`));
        yield* sleep(5); // ten thousand hosts a second
        lease.release(signal);
      }
    });
    const before = collected();
    await run(gather(Array.from({ length: 50 }, (_, first) => worker(first))), { clock: virtualClock() });
    // Each of all the hosts kept would take some 100 MB.
    expect((collected() - before) / MEGABYTE).toBeLessThan(12);
    expect(requestLimits.hosts()).toEqual([]);
  }, 60_000);
}
