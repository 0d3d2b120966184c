/** Under every order of events, and every cancellation: limits are kept, nobody waits for ever, and every permit comes back. */
import { type AwaitableLike, coroutine, gather, sleep } from "brigade";
import { explore, type ExploreOptions } from "brigade/testing";
import { expect, test } from "vitest";
import { type Lease, RequestLimits } from "../../../src/http/limits/limits.ts";
import type { Limits } from "../../../src/http/types.ts";

type Signal = Parameters<Lease["release"]>[0];

const KINDS: readonly [string, Limits][] = [
  ["connections", { connections: 1 }],
  ["connections and perHost", { connections: 2, perHost: 1 }],
  ["rate", { connections: 2, rate: "100/s" }],
  ["perHostRate", { connections: 1, perHostRate: "100/s" }],
  ["all limits", { connections: 2, perHost: 1, rate: "200/s", perHostRate: "50/s" }],
  ["adaptive", { connections: 2, adaptive: { start: 2 } }],
];

/** Requests to hosts of these names; checks what holds while they run, and when they have ended, however they did. */
const program = (limits: Limits, hosts: readonly string[], signal: Signal) => (): AwaitableLike<unknown> => {
  const requestLimits = new RequestLimits(limits);
  const { connections = 100, perHost = connections } = limits;
  const inFlight: string[] = [];
  const request = coroutine(function* request(host: string) {
    const lease = requestLimits.tryEnter(host) ?? (yield* requestLimits.enter(host));
    inFlight.push(host);
    try {
      if (inFlight.length > connections) throw new Error("more in flight than connections");
      if (inFlight.filter((one) => one === host).length > perHost) throw new Error("more in flight than perHost");
      yield* sleep(5);
    } finally {
      inFlight.splice(inFlight.indexOf(host), 1);
      lease.release(signal);
    }
  });
  return coroutine(function* main() {
    try {
      yield* gather(hosts.map((host) => request(host)));
    } finally {
      if (requestLimits.hosts().length > 0) throw new Error("a host is left");
    }
    yield* sleep("1h");
    const lease = requestLimits.tryEnter("a");
    if (lease === undefined) throw new Error("a permit was lost");
    lease.release("unknown");
  })();
};

for (const [name, limits] of KINDS) {
  for (const strategy of ["random", "pct"] as const) {
    const options: ExploreOptions = { strategy, schedules: 400, leaks: true };
    test(`${name}: kept, whatever the order (${strategy})`, async () => {
      for (const signal of ["fine", "overloaded"] as const) {
        expect(await explore(program(limits, ["a", "a", "b"], signal), options)).toMatchObject({ schedules: 400 });
      }
    });

    test(`${name}: every permit comes back, whoever is cancelled, wherever (${strategy})`, async () => {
      for (const signal of ["fine", "overloaded"] as const) {
        const exploration = await explore(program(limits, ["a", "a", "b", "b"], signal), {
          ...options,
          cancelAnywhere: true,
        });
        expect(exploration).toMatchObject({ schedules: 400 });
      }
    });
  }
}

test("two requests and one permit: all schedules there are", async () => {
  for (const limits of [{ connections: 1 }, { connections: 1, rate: "100/s", perHostRate: "100/s" }] as const) {
    const options: ExploreOptions = { strategy: "exhaustive", leaks: true, cancelAnywhere: true };
    expect(await explore(program(limits, ["a", "a"], "fine"), options)).toMatchObject({ complete: true });
  }
});
