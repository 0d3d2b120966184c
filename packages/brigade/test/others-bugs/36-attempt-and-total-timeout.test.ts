/**
 * ky (sindresorhus/ky#497): one option was the bound for a single attempt or for all of them together, so that a
 * request could not have both.
 */
import { coroutine, type CoroutineBody, getRunningLoop, sleep, use } from "brigade";
import {
  AttemptTimeout,
  createClient,
  type HTTPTimeoutError,
  mockTransport,
  type Timeouts,
  TotalTimeout,
} from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { expect, test } from "vitest";

interface Ended {
  readonly error: unknown;
  readonly text: string | undefined;
  readonly attempts: number;
  readonly took: number;
}

/** One GET, tried up to five times a second apart at most, of a server that takes so long for each answer. */
async function ended(answerTimes: readonly number[], timeouts: Timeouts): Promise<Ended> {
  let at = 0;
  const transport = mockTransport(function* () {
    yield* sleep(answerTimes[at++] ?? 0);
    return new Response("answer");
  });
  const get = coroutine(function* (): CoroutineBody<Ended> {
    let [error, text]: [unknown, string | undefined] = [undefined, undefined];
    const options = { transport, timeouts, retry: { retries: 5, base: 1_000 } };
    try {
      text = yield* use(createClient(options), function* (client) {
        using response = yield* client.get("https://api.example/");
        return yield* response.text();
      });
    } catch (thrown) {
      error = thrown;
    }
    return { error, text, attempts: at, took: getRunningLoop().time() };
  });
  return assertNoLeaks(get);
}

const HOUR = 3_600_000;

test("an attempt that hangs is given up by its own bound, and the next one answers", async () => {
  const { text, attempts, took } = await ended([HOUR, 500], { attempt: "2s", total: "30s" });
  expect({ text, attempts }).toEqual({ text: "answer", attempts: 2 });
  expect(took).toBeGreaterThanOrEqual(2_500);
  expect(took).toBeLessThan(3_600);
});

test("attempts that all hang are ended together by total, in the middle of one of them", async () => {
  const { error, attempts, took } = await ended([HOUR, HOUR, HOUR, HOUR, HOUR, HOUR], { attempt: "20s", total: "30s" });
  expect(error).toBeInstanceOf(TotalTimeout);
  expect((error as HTTPTimeoutError).message).toMatch(/30000 ms \(timeouts\.total\)/);
  expect((error as HTTPTimeoutError).attempts).toBe(2);
  expect({ attempts, took }).toEqual({ attempts: 2, took: 30_000 });
});

test("without a bound for all of them, the last attempt's own error comes", async () => {
  const { error, attempts } = await ended(Array(6).fill(HOUR) as number[], { attempt: "2s", total: Infinity });
  expect(error).toBeInstanceOf(AttemptTimeout);
  expect((error as HTTPTimeoutError).attempts).toBe(6);
  expect(attempts).toBe(6);
});

test("a bound for all of them that is the shorter one ends the first attempt", async () => {
  const { error, took } = await ended([HOUR], { attempt: "20s", total: "3s" });
  expect(error).toBeInstanceOf(TotalTimeout);
  expect(took).toBe(3_000);
});
