/** The waits between attempts, the budget, and who is told. In virtual time. */
import { type CoroutineBody, gather, getRunningLoop, sleep } from "brigade";
import {
  AttemptTimeout,
  type Client,
  type ClientOptions,
  ConnectError,
  type MockHandler,
  type RetryInfo,
} from "brigade/http";
import { describe, expect, test } from "vitest";
import { errorOf } from "../nothing-left.ts";
import { busy, failing, gaps, get, mocked, statuses, ORDER_URL } from "./mocked.ts";

describe("after which wait", () => {
  test("any time up to base * 2 ** n, and never more than cap", async () => {
    const bounds = [100, 200, 400, 800, 1_000, 1_000];
    const seen = bounds.map(() => [] as number[]);
    for (let i = 0; i < 40; i++) {
      const { times } = await mocked(statuses(503), { retry: { retries: 6, base: 100, cap: "1s" } }, get);
      gaps(times).forEach((gap, n) => seen[n]?.push(gap));
    }
    seen.forEach((waits, n) => {
      const bound = bounds[n] ?? 0;
      expect(Math.max(...waits)).toBeLessThanOrEqual(bound + 1);
      // Of 40 numbers spread over the whole range, the least and the greatest lie in its first and last fifth (1 - 2·0.8^40).
      expect(Math.min(...waits)).toBeLessThan(bound * 0.2);
      expect(Math.max(...waits)).toBeGreaterThan(bound * 0.8);
    });
  });

  test("Retry-After in seconds is waited for, never less", async () => {
    const { times } = await mocked(statuses(busy("7"), 200), {}, get);
    const [gap = 0] = gaps(times);
    expect(gap).toBeGreaterThanOrEqual(7_000);
    expect(gap).toBeLessThan(8_000);
  });

  test("Retry-After as a date is waited for", async () => {
    const date = new Date(Date.now() + 20_000).toUTCString(); // whole seconds: up to one less
    const { times } = await mocked(statuses(busy(date, 503), 200), {}, get);
    const [gap = 0] = gaps(times);
    expect(gap).toBeGreaterThan(18_000);
    expect(gap).toBeLessThan(23_000);
  });

  test.each(["soon", "-5", "1.5", "Yesterday"])("a Retry-After of %j is as none", async (after) => {
    const { times } = await mocked(statuses(busy(after), 200), { retry: { base: 100 } }, get);
    expect(gaps(times)[0]).toBeLessThanOrEqual(100);
  });

  test("a Retry-After over retryAfterMax ends the retries with the answer that there is", async () => {
    const { result, requests } = await mocked(statuses(busy("3600"), 200), {}, get);
    expect(result.status).toBe(429);
    expect(requests).toHaveLength(1);
    const patient = await mocked(
      statuses(busy("3600"), 200),
      { retry: { retryAfterMax: "2h" }, timeouts: { total: "3h" } },
      get,
    );
    expect(patient.result.status).toBe(200);
  });

  test("where total leaves no time for another attempt, what is known now is given now", async () => {
    const { result, times } = await mocked(
      statuses(busy("30"), 200),
      { timeouts: { total: "10s" } },
      function* (client) {
        const response = yield* get(client);
        expect(getRunningLoop().time()).toBe(0);
        return response;
      },
    );
    expect(result.status).toBe(429);
    expect(times).toHaveLength(1);
  });

  test("a request that waits for its retry holds none of the limits", async () => {
    const handler: MockHandler = (request) => (request.url === ORDER_URL ? busy("30") : new Response("ok"));
    const { times } = await mocked(handler, { limits: { connections: 1 }, retry: 1 }, function* (client) {
      yield* gather([client.get(ORDER_URL), client.get("https://api.example/other")]);
    });
    expect(times.filter((time) => time < 1_000)).toHaveLength(2);
  });
});

describe("the budget", () => {
  const outage = function* (client: Client): CoroutineBody<void> {
    yield* gather(
      Array.from({ length: 200 }, () => client.get(ORDER_URL)),
      { limit: 20 },
    );
  };

  test("bounds the retries of the whole client", async () => {
    const { requests } = await mocked(statuses(503), { retry: 5 }, outage);
    expect(requests.length).toBeGreaterThanOrEqual(210);
    expect(requests.length).toBeLessThanOrEqual(200 + 10 + 40); // a reserve of 10, and 0.2 for each of 200
  });

  test("is as large as the policy says", async () => {
    const policy = { retries: 5, budget: { ratio: 0, reserve: 3 } };
    expect((await mocked(statuses(503), { retry: policy }, outage)).requests).toHaveLength(203);
  });

  test("may be taken away", async () => {
    const policy = { retries: 2, budget: false } as const;
    expect((await mocked(statuses(503), { retry: policy }, outage)).requests).toHaveLength(600);
  });
});

describe("hooks around each attempt", () => {
  test("request, response and retry are told in order, and waited for", async () => {
    const told: string[] = [];
    const at = (): number => Math.round(getRunningLoop().time() / 1_000);
    const hooks: NonNullable<ClientOptions["hooks"]> = {
      request: [
        function* (request) {
          yield* sleep("1s");
          told.push(`${at()}s request ${request.attempt}`);
          request.headers.set("x-attempt", String(request.attempt));
        },
      ],
      response: [(response) => void told.push(`${at()}s response ${response.status}`)],
      retry: [
        (info: RetryInfo) =>
          void told.push(`${at()}s retry after ${info.attempt}: ${info.status}, ${Math.floor(info.delay / 1_000)}s`),
      ],
    };
    const { requests } = await mocked(statuses(busy("5"), 200), { hooks }, get);
    expect(told[0]).toBe("1s request 1");
    expect(told[1]).toBe("1s response 429");
    expect(told[2]).toBe("1s retry after 1: 429, 5s");
    expect(told[3]).toMatch(/^[78]s request 2$/);
    expect(told[4]).toMatch(/^[78]s response 200$/);
    expect(told).toHaveLength(5);
    expect(requests.map((request) => request.headers.get("x-attempt"))).toEqual(["1", "2"]);
  });

  test("the retry hook is told of an error", async () => {
    const told: RetryInfo[] = [];
    const handler: MockHandler = () => {
      throw failing("ECONNREFUSED");
    };
    await mocked(
      handler,
      { retry: 1, hooks: { retry: [(info) => void told.push(info)] } },
      (client) => errorOf(client.get(ORDER_URL)) as never,
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ request: { method: "GET", url: ORDER_URL }, attempt: 1, status: undefined });
    expect(told[0]?.error).toBeInstanceOf(ConnectError);
  });

  test.each(["request", "response", "retry"] as const)(
    "what a %s hook throws ends the request, and leaves nothing",
    async (which) => {
      const hooks = {
        [which]: [
          () => {
            throw new RangeError("the hook broke");
          },
        ],
      };
      const { requests } = await mocked(statuses(503), { hooks }, function* (client) {
        let caught: unknown;
        try {
          yield* client.get(ORDER_URL);
        } catch (error) {
          caught = error;
        }
        expect(caught).toBeInstanceOf(RangeError);
      });
      expect(requests).toHaveLength(which === "request" ? 0 : 1);
    },
  );

  test("the response hook may read the body's head only: the user still gets the body", async () => {
    const { result } = await mocked(
      statuses(200),
      { hooks: { response: [(response) => void response.headers] } },
      function* (client) {
        return yield* (yield* client.get(ORDER_URL)).text();
      },
    );
    expect(result).toBe("answer 1");
  });
});

test("attempt bounds each attempt, total all of them", async () => {
  const slow: MockHandler = function* () {
    yield* sleep("1h");
    return new Response("late");
  };
  const { result, times } = await mocked(
    slow,
    { retry: 2, timeouts: { attempt: "3s" } },
    (client) => errorOf(client.get(ORDER_URL)) as never,
  );
  expect(result).toBeInstanceOf(AttemptTimeout);
  expect(times).toHaveLength(3);
  for (const gap of gaps(times)) expect(gap).toBeGreaterThanOrEqual(3_000);
});
