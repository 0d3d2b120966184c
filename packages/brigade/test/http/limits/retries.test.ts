/** Retries: which failures are tried again, after how long, and how many the budget allows. */
import { expect, test } from "vitest";
import { type FailedAttempt, Retries } from "../../../src/http/limits/retries.ts";
import type { RetryPolicy } from "../../../src/http/types.ts";

const NOW = Date.UTC(2026, 0, 1);

const failed = (given: Partial<FailedAttempt> = {}): FailedAttempt => ({
  method: "GET",
  keyed: false,
  status: 503,
  retryAfter: undefined,
  retryable: false,
  retried: 0,
  now: NOW,
  ...given,
});
const error = (given: Partial<FailedAttempt> = {}): FailedAttempt =>
  failed({ status: undefined, retryable: true, ...given });

const longest = (policy: number | RetryPolicy | false = {}): Retries => new Retries(policy, () => 1);

test("a policy that says nothing else gives two retries of GET, HEAD, PUT, DELETE and OPTIONS", () => {
  const retries = longest();
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "get"]) {
    expect(retries.decide(failed({ method }))).toEqual({ delay: 200 });
  }
  expect(retries.decide(failed({ retried: 1 }))).toEqual({ delay: 400 });
  expect(retries.decide(failed({ retried: 2 }))).toEqual({ refused: "all 2 retries were made" });
  for (const method of ["POST", "PATCH", "CONNECT"]) {
    expect(retries.decide(failed({ method }))).toEqual({
      refused: `${method} is not retried without an idempotency key`,
    });
  }
});

test("by default the statuses that may pass, and no others", () => {
  const retries = longest({ budget: false });
  const retried = Array.from({ length: 200 }, (_, i) => 400 + i).filter(
    (status) => "delay" in retries.decide(failed({ status })),
  );
  expect(retried).toEqual([408, 425, 429, 500, 502, 503, 504]);
  expect(retries.decide(failed({ status: 404 }))).toEqual({ refused: "status 404 is not retried" });
});

test("an idempotency key makes POST and PATCH retryable", () => {
  const retries = longest();
  for (const method of ["POST", "PATCH"]) {
    expect(retries.decide(failed({ method, keyed: true }))).toEqual({ delay: 200 });
    expect(retries.decide(error({ method, keyed: true }))).toEqual({ delay: 200 });
  }
});

test("an error is retried if it may pass, and for other methods only if the server has seen nothing", () => {
  const retries = longest();
  expect(retries.decide(error())).toEqual({ delay: 200 });
  expect(retries.decide(error({ retryable: false }))).toEqual({ refused: "trying again would not help" });
  expect(retries.decide(error({ method: "POST" }))).toHaveProperty("refused");
  expect(retries.decide(error({ method: "POST", unsent: true }))).toEqual({ delay: 200 });
  expect(retries.decide(failed({ method: "POST", unsent: true }))).toHaveProperty("refused");
});

test("the policy says which methods and statuses", () => {
  const retries = longest({ methods: ["post"], statuses: [418], retries: 1 });
  expect(retries.decide(failed({ method: "POST", status: 418 }))).toEqual({ delay: 200 });
  expect(retries.decide(failed({ method: "POST", status: 418, retried: 1 }))).toEqual({
    refused: "the one retry was made",
  });
  expect(retries.decide(failed({ method: "GET", status: 418 }))).toHaveProperty("refused");
  expect(retries.decide(failed({ method: "POST", status: 503 }))).toHaveProperty("refused");
});

test("no retries: nothing said, false, and 0", () => {
  expect(new Retries(undefined).decide(failed())).toEqual({ refused: "retries are off" });
  expect(new Retries(undefined, () => 1).decide(failed({ retried: 1 }), {})).toEqual({ delay: 400 });
  for (const off of [false, 0] as const) {
    expect(longest(off).decide(failed())).toEqual({ refused: "retries are off" });
    expect(longest(3).decide(failed(), off)).toEqual({ refused: "retries are off" });
  }
});

test("the wait is random, from 0 to twice as much each time, up to the cap", () => {
  const random = [0, 0.5, 1];
  for (const part of random) {
    const retries = new Retries({ retries: Infinity, base: 100, cap: "1s", budget: false }, () => part);
    const delays = [0, 1, 2, 3, 4, 5, 10_000].map((retried) => retries.decide(failed({ retried })));
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000].map((most) => ({ delay: most * part })));
  }
  expect(longest({ retries: Infinity, base: 0 }).decide(failed({ retried: 5_000 }))).toEqual({ delay: 0 });
});

test("jitter is spread over the whole wait: of 1,000 waits a tenth falls into each tenth, about", () => {
  const retries = new Retries({ budget: false, base: 1_000 });
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 1_000; i++) {
    const decision = retries.decide(failed());
    const tenth = Math.floor(("delay" in decision ? decision.delay : Number.NaN) / 100);
    tenths[tenth] = (tenths[tenth] as number) + 1;
  }
  // Each has a binomial distribution around 100, with a deviation of 9.5: six deviations are not met by chance.
  for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(60);
});

test("Retry-After is never cut short, and jitter comes on top of it", () => {
  for (const [retryAfter, least, most] of [
    ["0", 0, 200],
    ["1", 1_000, 1_200],
    ["30", 30_000, 33_000], // a tenth of it, where that is more than the backoff
    ["60", 60_000, 66_000],
    ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000, 11_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0, 200],
  ] as const) {
    expect(new Retries(2, () => 0).decide(failed({ retryAfter })), retryAfter).toEqual({ delay: least });
    expect(new Retries(2, () => 1).decide(failed({ retryAfter })), retryAfter).toEqual({ delay: most });
  }
});

test("a Retry-After that means nothing counts as none", () => {
  for (const retryAfter of ["", "soon", "-1", "1.5"])
    expect(longest().decide(failed({ retryAfter }))).toEqual({ delay: 200 });
});

test("a Retry-After beyond retryAfterMax ends the retries, and says so", () => {
  expect(longest().decide(failed({ retryAfter: "61" }))).toEqual({
    refused: "the server asks to wait 61 s (Retry-After), longer than retryAfterMax (60 s)",
  });
  expect(longest({ retryAfterMax: "2m" }).decide(failed({ retryAfter: "61" }))).toHaveProperty("delay");
  expect(longest({ retryAfterMax: 0 }).decide(failed({ retryAfter: "1" }))).toHaveProperty("refused");
  expect(longest({ retryAfterMax: Infinity }).decide(failed({ retryAfter: "9".repeat(400) }))).toEqual({
    delay: Infinity,
  });
});

test("the budget lets its reserve through, then as many retries as requests bring", () => {
  const retries = longest();
  const granted = (times: number): number =>
    Array.from({ length: times }, () => retries.decide(failed())).filter((decision) => "delay" in decision).length;
  expect(granted(100)).toBe(10);
  expect(retries.decide(failed())).toEqual({ refused: "the client's retry budget is used up" });
  for (let i = 0; i < 4; i++) retries.began();
  expect(granted(5)).toBe(0);
  retries.began();
  expect(granted(5)).toBe(1);
  for (let i = 0; i < 10_000; i++) retries.began();
  expect(granted(100)).toBe(10);
});

test("ten requests that bring a tenth of a retry each bring one", () => {
  const retries = longest({ budget: { ratio: 0.1, reserve: 1 } });
  expect(retries.decide(failed())).toHaveProperty("delay");
  for (let i = 0; i < 10; i++) retries.began();
  expect(retries.decide(failed())).toHaveProperty("delay");
});

test("an outage makes at most a fifth more requests, in the long run", () => {
  const retries = longest({ retries: 5 });
  let made = 0;
  for (let request = 0; request < 10_000; request++) {
    retries.began();
    for (let retried = 0; "delay" in retries.decide(failed({ retried })); retried++) made++;
  }
  expect(made).toBeGreaterThan(1_990);
  expect(made).toBeLessThanOrEqual(2_010);
});

test("what is refused anyway takes nothing from the budget", () => {
  const retries = longest({ budget: { ratio: 0, reserve: 1 } });
  for (const given of [{ status: 404 }, { method: "POST" }, { retried: 2 }, { retryAfter: "600" }]) {
    expect(retries.decide(failed(given))).toHaveProperty("refused");
  }
  expect(retries.decide(failed())).toHaveProperty("delay");
  expect(retries.decide(failed())).toHaveProperty("refused");
});

test("without a budget there is no bound, for the client or for a request", () => {
  const free = longest({ budget: false });
  const bounded = longest({ budget: { reserve: 0, ratio: 0 } });
  for (let i = 0; i < 100; i++) {
    expect(free.decide(failed())).toHaveProperty("delay");
    expect(bounded.decide(failed(), { budget: false })).toHaveProperty("delay");
    expect(bounded.decide(failed())).toHaveProperty("refused");
  }
});

test("a request's policy changes what it says, and leaves the rest as the client has it", () => {
  const policy: RetryPolicy = { retries: 1, base: 1_000, statuses: [500], budget: { reserve: 20 } };
  const retries = longest(policy);
  expect(retries.decide(failed({ status: 500, retried: 1 }), 2)).toEqual({ delay: 2_000 });
  expect(retries.decide(failed({ status: 500 }), { base: 10 })).toEqual({ delay: 10 });
  expect(retries.decide(failed({ status: 500, retried: 1 }), { base: 10 })).toHaveProperty("refused");
  expect(retries.decide(failed({ status: 500 }), policy)).toEqual({ delay: 1_000 });
  expect(longest(false).decide(failed({ retried: 1 }), { base: 10 })).toEqual({ delay: 20 });
});

test("a policy that can't be is refused where it is given", () => {
  for (const [policy, message] of [
    [-1, "retry is -1; use a whole number of at least 0"],
    [{ retries: 1.5 }, "retry.retries is 1.5; use a whole number of at least 0"],
    [{ base: -1 }, 'retry.base: "-1" is not a duration'],
    [{ cap: "1 day" }, 'retry.cap: "1 day" is not a duration'],
    [{ retryAfterMax: "x" }, 'retry.retryAfterMax: "x" is not a duration'],
    [{ methods: ["GET", "P T"] }, 'retry.methods: "P T" is not a method of HTTP, such as "GET"'],
    [{ statuses: [200] }, "retry.statuses: 200 is not the status of a failure; use whole numbers from 400 to 599"],
    [{ budget: { ratio: -1 } }, "retry.budget.ratio is -1; use a number of at least 0, or budget: false for no bound"],
  ] as const) {
    expect(() => new Retries(policy as RetryPolicy)).toThrow(RangeError);
    expect(() => new Retries(policy as RetryPolicy)).toThrow(message);
    if (!(typeof policy === "object" && "budget" in policy)) {
      expect(() => new Retries(2).began(policy as RetryPolicy)).toThrow(message);
    }
  }
});

test("a policy of the wrong kind is refused where it is given", () => {
  for (const [policy, message] of [
    [
      "3",
      'retry: use an object with some of retries, methods, statuses, base, cap, retryAfterMax, budget, idempotencyKey, not "3"',
    ],
    [{ retrys: 1 }, "retry.retrys: there is no such option"],
    [{ methods: "GET" }, 'retry.methods is "GET"; use a list such as ["GET", "POST"]'],
    [{ statuses: 503 }, "retry.statuses is 503; use a list such as [429, 503]"],
    [{ base: {} }, "retry.base: a duration is a number of milliseconds"],
    [{ budget: { ration: 1 } }, "retry.budget.ration: there is no such option; use ratio, reserve"],
    [{ idempotencyKey: "k" }, 'retry.idempotencyKey is "k"; use a function that gives the key of a request'],
  ] as const) {
    expect(() => new Retries(policy as unknown as RetryPolicy)).toThrow(TypeError);
    expect(() => new Retries(policy as unknown as RetryPolicy)).toThrow(message);
  }
  expect(() => new Retries(2).began({ budget: { ratio: 1 } })).toThrow("retry.budget: it belongs to the whole client");
});
