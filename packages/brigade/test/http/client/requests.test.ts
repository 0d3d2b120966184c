/** What is sent: URL, query, headers and every kind of body, as the server gets them. */
import { coroutine, type CoroutineBody, Queue, sleep, stream } from "brigade";
import {
  type BodyInput,
  type Client,
  type ClientOptions,
  InvalidRequestError,
  type RequestOptions,
} from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Echo } from "../behaviours/ordinary.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectWorks, withClient } from "../nothing-left.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const echoOf = coroutine(function* (
  client: Client,
  method: string,
  url: string | URL,
  options?: RequestOptions,
): CoroutineBody<Echo> {
  using response = yield* client.request(method, url, options);
  return yield* response.json<Echo>();
});

/** What the server saw of one request by a client of its own. */
function seen(options: ClientOptions, url: string, request?: RequestOptions, method = "GET"): Promise<Echo> {
  return withClient(
    { retry: false, baseUrl: server.origin, ...options },
    (client) => echoOf(client, method, url, request) as unknown as CoroutineBody<Echo>,
  );
}

describe("URLs", () => {
  const bases = [
    { base: "/echo/v1", url: "users", target: "/echo/v1/users" },
    { base: "/echo/v1", url: "/users", target: "/echo/v1/users" },
    { base: "/echo/v1/", url: "/users?a=1", target: "/echo/v1/users?a=1" },
    { base: "/echo/v1/", url: "users#part", target: "/echo/v1/users" },
    { base: "/echo/v1", url: "", target: "/echo/v1" },
    { base: "/echo?key=1", url: "", target: "/echo?key=1" },
    { base: "/echo/", url: "a b/ü", target: "/echo/a%20b/%C3%BC" },
  ];
  test.each(bases)('base $base and "$url" make $target', async ({ base, url, target }) => {
    expect((await seen({ baseUrl: server.origin + base }, url)).target).toBe(target);
  });

  test("an absolute URL stands for itself, as text and as URL", async () => {
    await withClient({ retry: false, baseUrl: "http://127.0.0.1:9/nowhere" }, function* (client) {
      expect((yield* echoOf(client, "GET", `${server.origin}/echo/1`)).target).toBe("/echo/1");
      const url = new URL("/echo/2", server.origin);
      expect((yield* echoOf(client, "GET", url, { query: { a: 1 } })).target).toBe("/echo/2?a=1");
      expect(url.href, "the caller's URL is left alone").toBe(`${server.origin}/echo/2`);
    });
  });

  test("a query is added to the URL's own, and undefined is left out", async () => {
    const query = { page: 2, tags: ["a b", "c&d"], on: true, none: undefined, empty: null };
    expect((await seen({}, "/echo?x=1", { query })).target).toBe("/echo?x=1&page=2&tags=a+b&tags=c%26d&on=true&empty=");
    const params = new URLSearchParams([
      ["a", "1"],
      ["a", "2"],
    ]);
    expect((await seen({}, "/echo", { query: params })).target).toBe("/echo?a=1&a=2");
  });

  const bad = [
    { claim: "no scheme and no base", url: "example.com/a", says: /no scheme.*https:.*baseUrl/ },
    { claim: "a path without a base", url: "/orders", says: /no scheme.*baseUrl/ },
    { claim: "an empty one", url: "", says: /no scheme.*baseUrl/ },
    { claim: "an unknown scheme", url: "ftp://127.0.0.1/file", says: /scheme "ftp:" .*http: and https:/ },
    { claim: "a file", url: "file:///etc/passwd", says: /scheme "file:"/ },
    { claim: "no host", url: "http://", says: /not a valid URL/ },
    { claim: "a port beyond 65535", url: "http://127.0.0.1:99999/", says: /not a valid URL/ },
    { claim: "a space in the host", url: "http://exa mple/", says: /not a valid URL/ },
    { claim: "a broken IPv6 address", url: "http://[::1/", says: /not a valid URL/ },
  ];
  test.each(bad)("$claim is refused by InvalidRequestError, and nothing is sent", async ({ url, says }) => {
    const visits = server.visits.length;
    await withClient({}, function* (client) {
      const error = yield* errorOf(client.get(url));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error).toMatchObject({ attempts: 0, request: { method: "GET" } });
      expect(error.message).toMatch(/^GET /);
      expect(error.message).toMatch(says);
      expect(server.visits.length).toBe(visits);
      yield* expectWorks(client, server);
    });
  });

  test("an endless URL is cut in the error", async () => {
    await withClient({}, function* (client) {
      const error = yield* errorOf(client.get(`nothing://${"x".repeat(100_000)}`));
      expect(error.message.length).toBeLessThan(1_000);
    });
  });
});

describe("headers", () => {
  test("defaults are there, the client's come over them, the request's over those; undefined takes one away", async () => {
    const options = { headers: { "X-One": "client", "X-Two": "client", "User-Agent": "mine/1" } };
    const { headers } = await seen(options, "/echo", {
      headers: { "x-one": "request", "x-two": undefined, "x-three": "3" },
    });
    expect(headers).toMatchObject({ "x-one": "request", "user-agent": "mine/1", "x-three": "3", accept: "*/*" });
    expect(headers["x-two"]).toBeUndefined();
    expect(headers["accept-encoding"]).toMatch(/gzip.*br/);
    expect((await seen({}, "/echo", { headers: { accept: undefined } })).headers["accept"]).toBeUndefined();
  });

  test("pairs, Headers and records are taken alike; pairs may repeat a name", async () => {
    const pairs: [string, string][] = [
      ["x-a", "1"],
      ["x-a", "2"],
    ];
    expect((await seen({}, "/echo", { headers: pairs })).headers["x-a"]).toBe("1, 2");
    expect((await seen({}, "/echo", { headers: new Headers({ "x-a": "1" }) })).headers["x-a"]).toBe("1");
  });

  const bad = [
    { claim: "a line break in a value", headers: { "x-a": "1\r\nx-forged: 2" } },
    { claim: "a null in a value", headers: { "x-a": "1\u0000" } },
    { claim: "a space in a name", headers: { "x a": "1" } },
    { claim: "a character beyond latin1", headers: { "x-a": "č" } },
    { claim: "an empty name", headers: { "": "1" } },
  ];
  test.each(bad)("$claim is refused, and nothing is sent", async ({ headers }) => {
    const visits = server.visits.length;
    await withClient({}, function* (client) {
      const error = yield* errorOf(client.get(`${server.origin}/echo`, { headers }));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error.message).toMatch(/header/i);
      expect(server.visits.length).toBe(visits);
      yield* expectWorks(client, server);
    });
  });

  test.each(["GE T", "", "GET\r\n", "gét"])("the method %j is refused", async (method) => {
    await withClient({}, function* (client) {
      const error = yield* errorOf(client.request(method, `${server.origin}/echo`));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error.message).toMatch(/method/);
    });
  });
});

describe("bodies", () => {
  const text = "grün";
  const latin1 = Buffer.from(text).toString("latin1");
  const kinds: readonly {
    readonly kind: string;
    readonly body: () => BodyInput;
    readonly type?: string;
    readonly got: string;
    readonly chunked?: boolean;
  }[] = [
    { kind: "text", body: () => text, type: "text/plain;charset=UTF-8", got: latin1 },
    { kind: "an empty text", body: () => "", type: "text/plain;charset=UTF-8", got: "" },
    { kind: "bytes", body: () => new Uint8Array([0, 255, 10]), got: "\u0000\u00ff\n" },
    { kind: "a part of a buffer", body: () => new Uint8Array([1, 2, 3, 4]).subarray(1, 3), got: "\u0002\u0003" },
    { kind: "an ArrayBuffer", body: () => new Uint8Array([97, 98]).buffer, got: "ab" },
    {
      kind: "URLSearchParams",
      body: () => new URLSearchParams({ a: "1 2", b: "ü" }),
      type: "application/x-www-form-urlencoded;charset=UTF-8",
      got: "a=1+2&b=%C3%BC",
    },
    { kind: "a Blob", body: () => new Blob([text], { type: "text/csv" }), type: "text/csv", got: latin1 },
    { kind: "a stream of Brigade", body: () => slowPieces(), got: "one two", chunked: true },
    { kind: "an array of pieces", body: () => ["a", new Uint8Array([98])], got: "ab", chunked: true },
    { kind: "an async generator", body: () => asyncPieces(), got: "xy", chunked: true },
    { kind: "a queue", body: () => filledQueue(), got: "12", chunked: true },
    {
      kind: "a megabyte",
      body: () => "m".repeat(1_000_000),
      type: "text/plain;charset=UTF-8",
      got: "m".repeat(1_000_000),
    },
  ];
  const slowPieces = stream(function* () {
    yield "one ";
    yield* sleep(5);
    yield "two";
  });
  async function* asyncPieces(): AsyncGenerator<string> {
    yield "x";
    yield "y";
  }
  function filledQueue(): Queue<string> {
    const queue = new Queue<string>();
    queue.putNowait("1");
    queue.putNowait("2");
    queue.shutdown();
    return queue;
  }

  test.each(kinds)("$kind", async ({ body, type, got, chunked = false }) => {
    await withClient({ retry: false }, function* (client) {
      const echo = yield* echoOf(client, "POST", `${server.origin}/echo`, { body: body() });
      expect(echo.body).toBe(got);
      expect(echo.headers["content-type"]).toBe(type);
      expect(echo.headers["content-length"]).toBe(chunked ? undefined : String(got.length));
      expect(echo.headers["transfer-encoding"]).toBe(chunked ? "chunked" : undefined);
    });
  });

  test("a form keeps its fields and files", async () => {
    const form = new FormData();
    form.append("name", "Ada");
    form.append("file", new Blob(["1,2"], { type: "text/csv" }), "a.csv");
    const echo = await seen({}, "/echo", { body: form }, "POST");
    const parsed = await new Response(Buffer.from(echo.body, "latin1"), {
      headers: { "content-type": echo.headers["content-type"] ?? "" },
    }).formData();
    expect(parsed.get("name")).toBe("Ada");
    expect(await (parsed.get("file") as File).text()).toBe("1,2");
  });

  test("json is written with its content type, falsy values too, and another content type may be given", async () => {
    const echo = await seen({}, "/echo", { json: { a: [1, null] } }, "POST");
    expect(echo).toMatchObject({ body: '{"a":[1,null]}' });
    expect(echo.headers["content-type"]).toBe("application/json");
    for (const json of [0, false, null, ""])
      expect((await seen({}, "/echo", { json }, "POST")).body).toBe(JSON.stringify(json));
    const given = await seen({}, "/echo", { json: {}, headers: { "Content-Type": "application/ld+json" } }, "PUT");
    expect(given.headers["content-type"]).toBe("application/ld+json");
  });

  test("a content type that the user gave holds for every kind of body", async () => {
    for (const body of ["text", new URLSearchParams("a=1"), new Blob(["b"], { type: "text/csv" })]) {
      const { headers } = await seen({ headers: { "content-type": "application/x-mine" } }, "/echo", { body }, "POST");
      const own = await seen({}, "/echo", { body, headers: { "content-type": "application/x-own" } }, "POST");
      expect(headers["content-type"]).toBe("application/x-mine");
      expect(own.headers["content-type"]).toBe("application/x-own");
    }
  });

  test("a POST without a body says that its length is 0", async () => {
    expect((await seen({}, "/echo", {}, "POST")).headers["content-length"]).toBe("0");
    expect((await seen({}, "/echo", {}, "GET")).headers["content-length"]).toBeUndefined();
  });

  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const bad: readonly { readonly claim: string; readonly options: RequestOptions; readonly says: RegExp }[] = [
    { claim: "body and json at once", options: { body: "a", json: 1 }, says: /both a body and json/ },
    { claim: "a circle as json", options: { json: circle }, says: /json can't be written.*circular/ },
    { claim: "a bigint as json", options: { json: 1n }, says: /json can't be written.*BigInt/ },
    { claim: "a function as json", options: { json: () => 1 }, says: /json can't be written.*function/ },
    { claim: "a number as body", options: { body: 5 as unknown as string }, says: /body/ },
    { claim: "an object as body", options: { body: { a: 1 } as unknown as string }, says: /body.*json/ },
    {
      claim: "a piece that is neither text nor bytes",
      options: { body: [5] as unknown as string[] },
      says: /body|piece/,
    },
  ];
  test.each(bad)("$claim is refused by InvalidRequestError", async ({ options, says }) => {
    await withClient({ retry: false }, function* (client) {
      const error = yield* errorOf(client.post(`${server.origin}/echo`, options));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error.message).toMatch(says);
      yield* expectWorks(client, server);
    });
  });

  test("a body whose source throws ends the request with that error, and the server sees no whole request", async () => {
    const broken = stream(function* () {
      yield "a";
      throw new RangeError("the source broke");
    });
    await withClient({}, function* (client) {
      let caught: unknown;
      try {
        yield* client.post(`${server.origin}/echo`, { body: broken() });
      } catch (error) {
        caught = error;
      }
      expect(String(caught) + String((caught as Error).cause)).toContain("the source broke");
      yield* expectWorks(client, server);
    });
  });

  test("a source is closed when the request is given up while it gives", async () => {
    let closed = false;
    const endless = stream(function* () {
      try {
        for (;;) {
          yield "x".repeat(10_000);
          yield* sleep(1);
        }
      } finally {
        closed = true;
      }
    });
    await withClient({ retry: false, timeouts: { total: 80 } }, function* (client) {
      yield* errorOf(client.post(`${server.origin}/never`, { body: endless() }));
      yield* sleep(20); // the source hears of it through the loop
      expect(closed).toBe(true);
    });
  });

  test("an answer before the whole body was sent is taken", async () => {
    const slow = stream(function* () {
      yield "a";
      yield* sleep(1_000);
      yield "b";
    });
    await withClient({ retry: false }, function* (client) {
      using response = yield* client.post(`${server.origin}/status/413?body=no`, { body: slow() });
      expect(response.status).toBe(413);
      expect(yield* response.text()).toBe("no");
    });
  });
});

test("each method sends its name", async () => {
  await withClient({ retry: false }, function* (client) {
    const url = `${server.origin}/echo`;
    for (const name of ["get", "post", "put", "patch", "delete"] as const) {
      using response = yield* client[name](url);
      expect((yield* response.json<Echo>()).method).toBe(name.toUpperCase());
    }
    using head = yield* client.head(url);
    expect(head.status).toBe(200);
    expect(server.visits.at(-1)).toBe("HEAD /echo");
    expect((yield* echoOf(client, "OPTIONS", url)).method).toBe("OPTIONS");
  });
});
