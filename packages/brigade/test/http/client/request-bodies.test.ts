/** Every kind of body, as the server gets it; and those that can not be sent. */
import { Queue, sleep, stream } from "brigade";
import { type BodyInput, InvalidRequestError, type RequestOptions } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectWorks, withClient } from "../nothing-left.ts";
import { echoOf, seen } from "./echo.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

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
    const echo = await seen(server.origin, {}, "/echo", { body: form }, "POST");
    const parsed = await new Response(Buffer.from(echo.body, "latin1"), {
      headers: { "content-type": echo.headers["content-type"] ?? "" },
    }).formData();
    expect(parsed.get("name")).toBe("Ada");
    expect(await (parsed.get("file") as File).text()).toBe("1,2");
  });

  test("json is written with its content type, falsy values too, and another content type may be given", async () => {
    const echo = await seen(server.origin, {}, "/echo", { json: { a: [1, null] } }, "POST");
    expect(echo).toMatchObject({ body: '{"a":[1,null]}' });
    expect(echo.headers["content-type"]).toBe("application/json");
    for (const json of [0, false, null, ""])
      expect((await seen(server.origin, {}, "/echo", { json }, "POST")).body).toBe(JSON.stringify(json));
    const given = await seen(
      server.origin,
      {},
      "/echo",
      { json: {}, headers: { "Content-Type": "application/ld+json" } },
      "PUT",
    );
    expect(given.headers["content-type"]).toBe("application/ld+json");
  });

  test("a content type that the user gave holds for every kind of body", async () => {
    for (const body of ["text", new URLSearchParams("a=1"), new Blob(["b"], { type: "text/csv" })]) {
      const { headers } = await seen(
        server.origin,
        { headers: { "content-type": "application/x-mine" } },
        "/echo",
        { body },
        "POST",
      );
      const own = await seen(
        server.origin,
        {},
        "/echo",
        { body, headers: { "content-type": "application/x-own" } },
        "POST",
      );
      expect(headers["content-type"]).toBe("application/x-mine");
      expect(own.headers["content-type"]).toBe("application/x-own");
    }
  });

  test("a POST without a body says that its length is 0", async () => {
    expect((await seen(server.origin, {}, "/echo", {}, "POST")).headers["content-length"]).toBe("0");
    expect((await seen(server.origin, {}, "/echo", {}, "GET")).headers["content-length"]).toBeUndefined();
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
