/** What is sent: URL, query, headers and method, as the server gets them. */
import { InvalidRequestError } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Echo } from "../behaviours/ordinary.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectWorks, withClient } from "../nothing-left.ts";
import { echoOf, seen } from "./echo.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

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
    expect((await seen(server.origin, { baseUrl: server.origin + base }, url)).target).toBe(target);
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
    expect((await seen(server.origin, {}, "/echo?x=1", { query })).target).toBe(
      "/echo?x=1&page=2&tags=a+b&tags=c%26d&on=true&empty=",
    );
    const params = new URLSearchParams([
      ["a", "1"],
      ["a", "2"],
    ]);
    expect((await seen(server.origin, {}, "/echo", { query: params })).target).toBe("/echo?a=1&a=2");
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
    const { headers } = await seen(server.origin, options, "/echo", {
      headers: { "x-one": "request", "x-two": undefined, "x-three": "3" },
    });
    expect(headers).toMatchObject({ "x-one": "request", "user-agent": "mine/1", "x-three": "3", accept: "*/*" });
    expect(headers["x-two"]).toBeUndefined();
    expect(headers["accept-encoding"]).toMatch(/gzip.*br/);
    expect(
      (await seen(server.origin, {}, "/echo", { headers: { accept: undefined } })).headers["accept"],
    ).toBeUndefined();
  });

  test("pairs, Headers and records are taken alike; pairs may repeat a name", async () => {
    const pairs: [string, string][] = [
      ["x-a", "1"],
      ["x-a", "2"],
    ];
    expect((await seen(server.origin, {}, "/echo", { headers: pairs })).headers["x-a"]).toBe("1, 2");
    expect((await seen(server.origin, {}, "/echo", { headers: new Headers({ "x-a": "1" }) })).headers["x-a"]).toBe("1");
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
