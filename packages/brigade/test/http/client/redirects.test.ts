/** Redirects: where they lead, what goes along, and where they are not followed. */
import {
  type ClientOptions,
  InsecureRedirectError,
  InvalidRequestError,
  RedirectError,
  type RequestOptions,
  TooManyRedirectsError,
} from "brigade/http";
import { coroutine, type CoroutineBody, sleep, stream } from "brigade";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Echo } from "../behaviours/ordinary.ts";
import { certificate } from "../certificate.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectWorks, withClient } from "../nothing-left.ts";

let server: HostileServer;
let other: HostileServer; // another origin: another port
let secure: HostileServer;
beforeAll(async () => {
  [server, other, secure] = await Promise.all([
    HostileServer.start(),
    HostileServer.start(),
    HostileServer.start(certificate()),
  ]);
});
afterAll(async () => {
  for (const one of [server, other, secure]) await one[Symbol.asyncDispose]();
});

/** The error of one request. The client must work after it. */
async function refused(path: string, options: ClientOptions = {}): Promise<Error> {
  return withClient({ retry: false, timeouts: { total: "5s" }, ...options }, function* (client) {
    const error = yield* errorOf(client.get(`${server.origin}${path}`));
    yield* expectWorks(client, server);
    return error;
  });
}

test("a redirect to itself ends with the loop in the message", async () => {
  const error = await refused("/redirect-loop");
  expect(error).toBeInstanceOf(TooManyRedirectsError);
  expect(error.message).toContain(`GET ${server.origin}/redirect-loop: `);
  expect(error.message).toMatch(/redirect loop: .*redirect-loop → .*redirect-loop/);
});

test("a circle of two ends with both in the message", async () => {
  const error = await refused("/redirect-circle/a");
  expect(error).toBeInstanceOf(TooManyRedirectsError);
  expect(error.message).toMatch(/loop: .*circle\/[ab] → .*circle\/[ab] → .*circle\/[ab]/);
});

test("a chain of ten is followed, one of eleven is not, and maxRedirects changes that", async () => {
  await withClient({ retry: false }, function* (client) {
    const response = yield* client.get(`${server.origin}/redirects/10`);
    expect(response.url).toBe(`${server.origin}/echo`);
    expect(response.redirects).toEqual(Array.from({ length: 10 }, (_, i) => `${server.origin}/redirects/${10 - i}`));
    expect(response.request).toMatchObject({ method: "GET" });
    expect((yield* response.json<Echo>()).target).toBe("/echo");
    const error = yield* errorOf(client.get(`${server.origin}/redirects/11`));
    expect(error).toBeInstanceOf(TooManyRedirectsError);
    expect(error.message).toMatch(/more than 10 redirects \(maxRedirects\)/);
    (yield* client.get(`${server.origin}/redirects/11`, { maxRedirects: 11 })).close();
    const none = yield* errorOf(client.get(`${server.origin}/redirects/1`, { maxRedirects: 0 }));
    expect(none).toBeInstanceOf(TooManyRedirectsError);
  });
});

describe("a redirect to what can't be followed says where it pointed", () => {
  const cases = [
    { claim: "another scheme", to: "file:///etc/passwd", says: /scheme "file:"/ },
    { claim: "a script", to: "javascript:alert(1)", says: /scheme "javascript:"/ },
    { claim: "what is no URL", to: "http://[", says: /not a URL/ },
  ];
  test.each(cases)("$claim", async ({ to, says }) => {
    const error = await refused(`/redirect?to=${encodeURIComponent(to)}`);
    expect(error).toBeInstanceOf(RedirectError);
    expect((error as RedirectError).location).toBe(to);
    expect(error.message).toMatch(says);
  });
});

test("a redirect without a location is an answer like another", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/redirect`);
    expect(response.status).toBe(302);
    expect(yield* response.text()).toBe("elsewhere");
  });
});

test("from https to http it goes only where insecureRedirects allows it", async () => {
  const url = `${secure.origin}/redirect?to=${encodeURIComponent(`${server.origin}/ok`)}`;
  const tls = { ca: certificate().cert };
  await withClient({ retry: false, tls }, function* (client) {
    const error = yield* errorOf(client.get(url));
    expect(error).toBeInstanceOf(InsecureRedirectError);
    expect((error as InsecureRedirectError).location).toBe(`${server.origin}/ok`);
    expect(error.message).toMatch(/from https to http .*insecureRedirects/);
    yield* expectWorks(client, secure);
  });
  await withClient({ retry: false, tls, insecureRedirects: true }, function* (client) {
    using response = yield* client.get(url);
    expect(yield* response.text()).toBe("ok");
  });
});

describe("the method and the body after a redirect", () => {
  const cases = [
    { status: 301, method: "POST", becomes: "GET", body: "" },
    { status: 302, method: "POST", becomes: "GET", body: "" },
    { status: 303, method: "POST", becomes: "GET", body: "" },
    { status: 303, method: "PUT", becomes: "GET", body: "" },
    { status: 307, method: "POST", becomes: "POST", body: "payload" },
    { status: 308, method: "POST", becomes: "POST", body: "payload" },
    { status: 302, method: "PUT", becomes: "PUT", body: "payload" },
  ];
  test.each(cases)("$status: $method becomes $becomes", async ({ status, method, becomes, body }) => {
    await withClient({ retry: false }, function* (client) {
      const url = `${server.origin}/redirect?to=/echo&status=${status}`;
      using response = yield* client.request(method, url, { body: "payload" });
      const echo = yield* response.json<Echo>();
      expect(echo).toMatchObject({ method: becomes, body });
      expect(echo.headers["content-type"]).toBe(body === "" ? undefined : "text/plain;charset=UTF-8");
      expect(echo.headers["content-length"]).toBe(body === "" ? undefined : "7");
    });
  });

  test("303: HEAD stays HEAD", async () => {
    await withClient({ retry: false }, function* (client) {
      using response = yield* client.head(`${server.origin}/redirect?to=/echo&status=303`);
      expect(response.url).toBe(`${server.origin}/echo`);
      expect(server.visits.at(-1)).toBe("HEAD /echo");
    });
  });

  test("a body that was a stream can't go along, and the error says what to do", async () => {
    const once = stream(function* () {
      yield "piece";
    });
    await withClient({ retry: false }, function* (client) {
      const url = `${server.origin}/redirect?to=/echo&status=307`;
      const error = yield* errorOf(client.post(url, { body: once() }));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error.message).toMatch(/redirects to .*stream .*send bytes/);
      yield* expectWorks(client, server);
    });
  });
});

describe("what is secret does not go to another origin", () => {
  const secrets: readonly {
    readonly claim: string;
    readonly client?: ClientOptions;
    readonly request?: RequestOptions;
  }[] = [
    { claim: "auth of the client", client: { auth: { bearer: "secret" } } },
    { claim: "auth of the request", request: { auth: { username: "me", password: "secret" } } },
    { claim: "auth by a function", client: { auth: () => "Bearer secret" } },
    { claim: "an Authorization header of the client", client: { headers: { Authorization: "Bearer secret" } } },
    { claim: "an Authorization header of the request", request: { headers: { authorization: "Bearer secret" } } },
    { claim: "a Cookie header", request: { headers: { cookie: "session=secret" } } },
    { claim: "a Proxy-Authorization header", request: { headers: { "proxy-authorization": "Basic secret" } } },
  ];
  const secretOf = (echo: Echo): string | undefined =>
    echo.headers["authorization"] ?? echo.headers["cookie"] ?? echo.headers["proxy-authorization"];

  test.each(secrets)("$claim", async ({ client: options = {}, request = {} }) => {
    await withClient({ retry: false, ...options }, function* (client) {
      const echoOf = coroutine(function* (to: string): CoroutineBody<Echo> {
        const url = `${server.origin}/redirect?to=${encodeURIComponent(to)}`;
        using response = yield* client.get(url, request);
        return yield* response.json<Echo>();
      });
      expect(secretOf(yield* echoOf(`${other.origin}/echo`)), "another origin").toBeUndefined();
      const away = `${other.origin}/redirect?to=${encodeURIComponent(`${server.origin}/echo`)}`;
      expect(secretOf(yield* echoOf(away)), "away and back").toBeUndefined();
      expect(secretOf(yield* echoOf(`${server.origin}/echo`)), "the same origin").toBeDefined();
    });
  });

  test("a name and password in the URL", async () => {
    await withClient({ retry: false }, function* (client) {
      const from = server.origin.replace("//", "//me:secret@");
      using response = yield* client.get(`${from}/redirect?to=${encodeURIComponent(`${other.origin}/echo`)}`);
      expect((yield* response.json<Echo>()).headers["authorization"]).toBeUndefined();
      expect(response.url).not.toContain("secret");
    });
  });
});

test("manual gives the redirecting answer, and error throws", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/redirects/2`, { redirect: "manual" });
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/redirects/1");
    expect(response.redirects).toEqual([]);
    expect(yield* response.text()).toBe("elsewhere");
    const error = yield* errorOf(client.get(`${server.origin}/redirects/2`, { redirect: "error" }));
    expect(error).toBeInstanceOf(RedirectError);
    expect(error).not.toBeInstanceOf(TooManyRedirectsError);
    expect((error as RedirectError).location).toContain("/redirects/1");
  });
});

test("the fragment stays, and a relative location is taken from where it was given", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/redirect/deep/?to=..%2F..%2Fecho%3Fa%3D1#part`);
    expect(response.url).toBe(`${server.origin}/echo?a=1#part`);
    expect((yield* response.json<Echo>()).target).toBe("/echo?a=1");
  });
});

test("the redirecting answer's own body costs no connection, and one that never ends is cut off", async () => {
  await withClient({ retry: false, limits: { connections: 1 }, timeouts: { total: "5s" } }, function* (client) {
    const accepted = server.accepted;
    (yield* client.get(`${server.origin}/redirects/5`)).close();
    yield* expectWorks(client, server);
    expect(server.accepted - accepted).toBeLessThanOrEqual(2);
    for (const path of ["/redirect-endless", "/redirect-stalls"]) {
      using response = yield* client.get(server.origin + path);
      expect((yield* response.json<Echo>()).target).toBe("/echo");
    }
    yield* sleep(100); // as long as it would take in what nobody wants
    expect(server.counts.get("bytes")).toBeLessThan(20_000_000); // what lies in the buffers of both sockets
  });
});
