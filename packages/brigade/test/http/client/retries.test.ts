/** Retries as a client makes them: how often, and of what. In virtual time. */
import { run, stream, use } from "brigade";
import {
  type ClientOptions,
  ConnectError,
  createClient,
  HTTPStatusError,
  type MockHandler,
  mockTransport,
  type RequestInfo,
  type RetryPolicy,
} from "brigade/http";
import { virtualClock } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { errorOf } from "../nothing-left.ts";
import { failing, get, mocked, send, statuses, ORDER_URL } from "./mocked.ts";

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
      (client) => errorOf(client.get(ORDER_URL)) as never,
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
    expect(asked).toEqual([{ method: "POST", url: ORDER_URL }]);
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
      const { result, requests } = await mocked(handler, {}, (client) => errorOf(client.get(ORDER_URL)) as never);
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
    await mocked(handler, { retry: 1 }, (client) => errorOf(client.get(ORDER_URL)) as never);
    expect(made).toBe(2);
    await mocked(handler, { retry: 1 }, (client) => errorOf(client.post(ORDER_URL)) as never);
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
