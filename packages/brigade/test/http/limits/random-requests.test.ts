/** Random limits and requests, some cancelled: the limits are kept at every moment, and each request that is not cancelled ends. */
import { type Coroutine, coroutine, createTask, gather, sleep } from "brigade";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Limits } from "../../../src/http/types.ts";
import { virtually } from "../../virtually.ts";
import { leasesFor, Requests } from "./requests.ts";
import { mostOver } from "./windows.ts";

const perSecond = fc.option(fc.constantFrom(20, 100, 333, 1_000), { nil: undefined });
const millisecond = fc.integer({ min: 0, max: 40 });

const scenario = fc.record({
  connections: fc.integer({ min: 1, max: 4 }),
  perHost: fc.integer({ min: 1, max: 4 }),
  rate: perSecond,
  perHostRate: perSecond,
  adaptive: fc.boolean(),
  requests: fc.array(
    fc.record({
      host: fc.constantFrom("a", "b", "c"),
      comes: millisecond,
      takes: millisecond,
      signal: fc.constantFrom("fine" as const, "overloaded" as const, "unknown" as const),
      cancelled: fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 25 },
  ),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function limitsOf({ connections, perHost, rate, perHostRate, adaptive }: Scenario): Limits {
  return {
    connections,
    perHost,
    adaptive,
    ...(rate === undefined ? {} : { rate: `${rate}/s` as const }),
    ...(perHostRate === undefined ? {} : { perHostRate: `${perHostRate}/s` as const }),
  };
}

/** Plays the scenario, and checks what has to hold of it. */
const played: (scenario: Scenario) => Coroutine<void> = coroutine(function* played(given: Scenario) {
  const requests = new Requests(limitsOf(given));
  const one = coroutine(function* one(index: number) {
    const { host, comes, takes, signal } = given.requests[index] as Scenario["requests"][number];
    yield* sleep(comes);
    yield* requests.send({ host, name: String(index), takes, signal });
  });
  const tasks = given.requests.map((_, index) => createTask(one(index)));
  const canceller = coroutine(function* cancel(index: number, at: number) {
    yield* sleep(at);
    tasks[index]?.cancel();
  });
  const cancellers = given.requests.flatMap(({ cancelled }, index) =>
    cancelled === undefined ? [] : [createTask(canceller(index, cancelled))],
  );
  yield* gather([...tasks, ...cancellers], { returnExceptions: true });

  expect(requests.most).toBeLessThanOrEqual(given.connections);
  expect(requests.mostToOne).toBeLessThanOrEqual(given.perHost);
  if (given.rate !== undefined) expect(mostOver(requests.times(), 1_000 / given.rate)).toBe(1);
  for (const host of new Set(requests.starts.map((start) => start.host))) {
    if (given.perHostRate !== undefined) expect(mostOver(requests.times(host), 1_000 / given.perHostRate)).toBe(1);
    expectInOrder(requests, given, host);
  }
  for (const [index, task] of tasks.entries()) {
    if (given.requests[index]?.cancelled === undefined) expect(task.exception()).toBe(undefined);
  }
  expect(requests.limits.hosts()).toEqual([]);
  yield* sleep("1h");
  if (given.rate === undefined) expect(leasesFor(requests.limits, ["x", "y", "z", "u"])).toBe(given.connections);
});

/** Requests to one host started in the order they came; those that came at once, in the order they were made. */
function expectInOrder(requests: Requests, given: Scenario, host: string): void {
  const indices = requests.starts.filter((start) => start.host === host).map(({ name }) => Number(name));
  const comes = indices.map((index) => given.requests[index]?.comes ?? 0);
  expect(comes).toEqual(comes.toSorted((a, b) => a - b));
}

test("2,000 random scenarios keep their limits", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => virtually(played(given))),
    { numRuns: 2_000, seed: 1 },
  );
}, 60_000);
