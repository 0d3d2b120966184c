/** Retries as a client makes them: how often, of what, after which wait, and within which bounds. In virtual time. */
import { coroutine, type CoroutineBody, gather, getRunningLoop, run, sleep, stream, use } from "brigade";
import {
  AttemptTimeout,
  type Client,
  type ClientOptions,
  type ClientResponse,
  ConnectError,
  createClient,
  HTTPStatusError,
  type MockHandler,
  mockTransport,
  type RequestInfo,
  type RequestOptions,
  type RetryInfo,
  type RetryPolicy,
} from "brigade/http";
import { assertNoLeaks, virtualClock } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { errorOf, expectIdle } from "../nothing-left.ts";

const URL_ = "https://api.example/orders/7";

interface Seen {
  readonly times: readonly number[];
  readonly requests: readonly Request[];
}

/** Runs the program against the handler; gives what came of it, and when which request was made. */
async function mocked<T>(
  handler: MockHandler,
  options: ClientOptions,
  program: (client: Client) => CoroutineBody<T>,
): Promise<Seen & { readonly result: T }> {
  const times: number[] = [];
  const transport = mockTransport((request) => {
    times.push(getRunningLoop().time());
    return handler(request);
  });
  const result = await assertNoLeaks(() =>
    use(createClient({ transport, retry: 2, ...options }), function* (client) {
      const value = yield* program(client);
      expectIdle(client);
      return value;
    }),
  );
  return { result, times, requests: transport.requests };
}

/** Answers with these statuses, one after the other; the last one stays. */
function statuses(...list: readonly (number | Response)[]): MockHandler {
  let at = 0;
  return () => {
    const next = list[Math.min(at++, list.length - 1)] ?? 200;
    return typeof next === "number" ? new Response(`answer ${at}`, { status: next }) : next.clone();
  };
}

function* get(client: Client): CoroutineBody<ClientResponse> {
  using response = yield* client.get(URL_);
  return response;
}

/** Makes a request whose answer's body nobody wants. */
const send = coroutine(function* (
  client: Client,
  method: string,
  options: RequestOptions = {},
): CoroutineBody<ClientResponse> {
  using response = yield* client.request(method, URL_, options);
  return response;
});

const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - (times[i] ?? 0));
const busy = (after: string, status = 429): Response =>
  new Response("busy", { status, headers: { "retry-after": after } });
const failing = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

describe("how often", () => {
  const cases: readonly {
    readonly claim: string;
    readonly options: ClientOptions;
    readonly answers: readonly number[];
    readonly made: number;
    readonly status: number;
  }[] = [
    { claim: "twice by a policy that does not say", options: { retry: {} }, answers: [503], made: 3, status: 503 },
    { claim: "until there is an answer", options: { retry: 9 }, answers: [503, 200], made: 2, status: 200 },
    { claim: "never with false", options: { retry: false }, answers: [503], made: 1, status: 503 },
    { claim: "never with 0", options: { retry: 0 }, answers: [503], made: 1, status: 503 },
    { claim: "as a number says", options: { retry: 4 }, answers: [500], made: 5, status: 500 },
    { claim: "as a policy says", options: { retry: { retries: 1 } }, answers: [502], made: 2, status: 502 },
  ];
  test.each(cases)("$claim", async ({ options, answers, made, status }) => {
    const { result, requests } = await mocked(statuses(...answers), options, get);
    expect(requests).toHaveLength(made);
    expect([result.status, result.attempts]).toEqual([status, made]);
  });

  test("not at all unless asked for", async () => {
    const transport = mockTransport(statuses(503));
    await run(
      use(createClient({ transport }), function* (client) {
        expect((yield* get(client)).status).toBe(503);
      }),
      { clock: virtualClock() },
    );
    expect(transport.requests).toHaveLength(1);
  });

  test("a request's own number takes the place of the client's", async () => {
    const { requests } = await mocked(statuses(503), { retry: 5 }, function* (client) {
      yield* send(client, "GET", { retry: 1 });
      yield* send(client, "GET", { retry: false });
    });
    expect(requests).toHaveLength(3);
  });

  test("raiseForStatus throws after the last attempt, which the error counts", async () => {
    const { result } = await mocked(
      statuses(503),
      { raiseForStatus: true },
      (client) => errorOf(client.get(URL_)) as never,
    );
    expect(result).toBeInstanceOf(HTTPStatusError);
    expect(result).toMatchObject({ status: 503, attempts: 3, body: "answer 3" });
  });
});

describe("of what", () => {
  test.each([408, 425, 429, 500, 502, 503, 504])("status %i is tried again", async (status) => {
    expect((await mocked(statuses(status, 200), {}, get)).requests).toHaveLength(2);
  });

  test.each([400, 401, 403, 404, 409, 410, 422, 501, 505])("status %i is not", async (status) => {
    expect((await mocked(statuses(status, 200), {}, get)).requests).toHaveLength(1);
  });

  test.each([
    ["GET", 2],
    ["HEAD", 2],
    ["PUT", 2],
    ["DELETE", 2],
    ["OPTIONS", 2],
    ["POST", 1],
    ["PATCH", 1],
  ])("%s makes %i attempts", async (method, made) => {
    const { requests } = await mocked(statuses(503, 200), {}, function* (client) {
      yield* send(client, method);
    });
    expect(requests).toHaveLength(made);
  });

  test("POST is tried again with an idempotency key, the same one each time", async () => {
    let made = 0;
    const asked: RequestInfo[] = [];
    const policy: RetryPolicy = {
      idempotencyKey: (request) => {
        asked.push(request);
        return `key-${++made}`;
      },
    };
    const { requests } = await mocked(statuses(503, 503, 200), { retry: policy }, function* (client) {
      yield* send(client, "POST", { json: { amount: 1 } });
    });
    expect(requests.map((request) => request.headers.get("idempotency-key"))).toEqual(["key-1", "key-1", "key-1"]);
    expect(await Promise.all(requests.map((request) => request.text()))).toEqual(Array(3).fill('{"amount":1}'));
    expect(asked).toEqual([{ method: "POST", url: URL_ }]);
  });

  test("POST is tried again when the user's own headers carry the key", async () => {
    const { requests } = await mocked(statuses(503, 200), {}, function* (client) {
      yield* send(client, "POST", { body: "a", headers: { "Idempotency-Key": "mine" } });
    });
    expect(requests).toHaveLength(2);
  });

  test("methods and statuses of the policy take the place of the defaults", async () => {
    const policy = { methods: ["POST"], statuses: [404] };
    const { requests } = await mocked(statuses(404, 200, 503, 200), { retry: policy }, function* (client) {
      expect((yield* send(client, "POST")).attempts).toBe(2);
      expect((yield* send(client, "POST")).status).toBe(503);
    });
    expect(requests).toHaveLength(3);
  });

  test("a connection that was refused is tried again, even for POST: the server has seen nothing", async () => {
    let left = 2;
    const handler: MockHandler = () => {
      if (left-- > 0) throw failing("ECONNREFUSED");
      return new Response("up");
    };
    const { requests } = await mocked(handler, {}, function* (client) {
      yield* send(client, "POST");
    });
    expect(requests).toHaveLength(3);
  });

  test.each(["ENOTFOUND", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
    "%s is not tried again: it stays what it is",
    async (code) => {
      const handler: MockHandler = () => {
        throw failing(code);
      };
      const { result, requests } = await mocked(handler, {}, (client) => errorOf(client.get(URL_)) as never);
      expect(result).toBeInstanceOf(ConnectError);
      expect(result).toMatchObject({ code, attempts: 1 });
      expect(requests).toHaveLength(1);
    },
  );

  test("a connection that broke is tried again for GET, and not for POST", async () => {
    let made = 0;
    const handler: MockHandler = () => {
      made++;
      throw failing("ECONNRESET");
    };
    await mocked(handler, { retry: 1 }, (client) => errorOf(client.get(URL_)) as never);
    expect(made).toBe(2);
    await mocked(handler, { retry: 1 }, (client) => errorOf(client.post(URL_)) as never);
    expect(made).toBe(3);
  });

  test("a body that is a stream is sent once", async () => {
    const pieces = stream(function* () {
      yield "a";
    });
    const { requests } = await mocked(statuses(503, 200), {}, function* (client) {
      expect((yield* send(client, "PUT", { body: pieces() })).status).toBe(503);
    });
    expect(requests).toHaveLength(1);
  });
});

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
    const handler: MockHandler = (request) => (request.url === URL_ ? busy("30") : new Response("ok"));
    const { times } = await mocked(handler, { limits: { connections: 1 }, retry: 1 }, function* (client) {
      yield* gather([client.get(URL_), client.get("https://api.example/other")]);
    });
    expect(times.filter((time) => time < 1_000)).toHaveLength(2);
  });
});

describe("the budget", () => {
  const outage = function* (client: Client): CoroutineBody<void> {
    yield* gather(
      Array.from({ length: 200 }, () => client.get(URL_)),
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
      (client) => errorOf(client.get(URL_)) as never,
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ request: { method: "GET", url: URL_ }, attempt: 1, status: undefined });
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
          yield* client.get(URL_);
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
        return yield* (yield* client.get(URL_)).text();
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
    (client) => errorOf(client.get(URL_)) as never,
  );
  expect(result).toBeInstanceOf(AttemptTimeout);
  expect(times).toHaveLength(3);
  for (const gap of gaps(times)) expect(gap).toBeGreaterThanOrEqual(3_000);
});

test.each([
  ["a negative number", -1, RangeError, /retry/],
  ["half a retry", 1.5, RangeError, /retry/],
  ["an unknown name", { retrys: 1 }, TypeError, /retrys/],
  ["a status of success", { statuses: [200] }, RangeError, /200/],
  ["a unit that does not exist", { base: "1 parsec" }, RangeError, /retry\.base/],
])(
  "%s as a policy is refused when the client is made, or before anything is sent",
  async (_what, retry, kind, says) => {
    const transport = mockTransport(() => new Response());
    const attempt = async (): Promise<void> => {
      const { result } = await mocked(statuses(200), { retry: retry as RetryPolicy, transport }, get);
      void result;
    };
    await expect(attempt()).rejects.toThrow(kind);
    await expect(attempt()).rejects.toThrow(says);
    expect(transport.requests).toHaveLength(0);
  },
);
