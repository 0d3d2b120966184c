/** Who the client says it is: Authorization, cookies; and what hooks see of it. */
import { coroutine, type CoroutineBody, gather, sleep } from "brigade";
import { type Auth, type Client, type CookieStore, InvalidRequestError, type RequestOptions } from "brigade/http";
import { CookieJar } from "tough-cookie";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Echo } from "../behaviours/ordinary.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectWorks, textOf, withClient } from "../nothing-left.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const headersOf = coroutine(function* (
  client: Client,
  path: string = "/echo",
  options: RequestOptions = {},
): CoroutineBody<Echo["headers"]> {
  using response = yield* client.get(path.startsWith("/") ? server.origin + path : path, options);
  return (yield* response.json<Echo>()).headers;
});

describe("auth", () => {
  const cases: readonly { readonly claim: string; readonly auth: Auth; readonly sent: string }[] = [
    {
      claim: "a name and password",
      auth: { username: "Aladdin", password: "open sesame" },
      sent: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    },
    {
      claim: "a password beyond ASCII, as UTF-8",
      auth: { username: "ü", password: "£" },
      sent: `Basic ${btoa("\u00c3\u00bc:\u00c2\u00a3")}`,
    },
    { claim: "a bearer token", auth: { bearer: "abc" }, sent: "Bearer abc" },
    {
      claim: "a function",
      auth: ({ method, url }) => `Signed ${method} ${new URL(url).pathname}`,
      sent: "Signed GET /echo",
    },
    {
      claim: "a coroutine",
      auth: function* () {
        yield* sleep(1);
        return "Bearer fetched";
      },
      sent: "Bearer fetched",
    },
    { claim: "an async function", auth: async () => "Bearer promised", sent: "Bearer promised" },
  ];
  test.each(cases)("$claim", async ({ auth, sent }) => {
    await withClient({ retry: false, auth }, function* (client) {
      expect((yield* headersOf(client))["authorization"]).toBe(sent);
      expect((yield* headersOf(client, "/echo", { auth: false }))["authorization"]).toBeUndefined();
      expect((yield* headersOf(client, "/echo", { auth: { bearer: "own" } }))["authorization"]).toBe("Bearer own");
      expect((yield* headersOf(client, "/echo", { headers: { Authorization: "Mine" } }))["authorization"]).toBe("Mine");
    });
  });

  test("a password in the URL whose percent sign means nothing is sent as it is", async () => {
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(`${server.origin.replace("//", "//me:100%25%zz@")}/echo`);
      const { headers } = yield* response.json<Echo>();
      expect(headers["authorization"]).toBe(`Basic ${btoa("me:100%25%zz")}`);
    });
  });

  test("a name and password in the URL go into the header, and not into the response's URL", async () => {
    await withClient({ retry: false }, function* (client) {
      const url = `${server.origin.replace("//", "//Aladdin:open%20sesame@")}/echo`;
      using response = yield* client.get(url);
      expect((yield* response.json<Echo>()).headers["authorization"]).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
      expect(response.url).toBe(`${server.origin}/echo`);
    });
  });

  test("a function is asked again for each attempt", async () => {
    let asked = 0;
    const auth = (): string => `Bearer ${++asked}`;
    await withClient({ retry: { base: 1 }, auth }, function* (client) {
      expect(yield* textOf(client, `${server.origin}/flaky/2?key=auth`)).toBe("answer 3");
      expect(asked).toBe(3);
    });
  });

  test("what a function throws ends the request; a value that is none is InvalidRequestError", async () => {
    const broken: Auth = () => {
      throw new RangeError("no token");
    };
    await withClient({ auth: broken }, function* (client) {
      let caught: unknown;
      try {
        yield* client.get(`${server.origin}/echo`);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(RangeError);
      const error = yield* errorOf(client.get(`${server.origin}/echo`, { auth: () => undefined as unknown as string }));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error.message).toMatch(/auth gave undefined/);
      expect((yield* headersOf(client, "/echo", { auth: false }))["authorization"]).toBeUndefined();
    });
  });
});

describe("cookies", () => {
  const set = (...cookies: readonly string[]): string =>
    `${server.origin}/set-cookie?${cookies.map((cookie) => `cookie=${encodeURIComponent(cookie)}`).join("&")}`;

  test("are kept and sent back where they belong", async () => {
    await withClient({ retry: false, cookies: true }, function* (client) {
      expect((yield* headersOf(client))["cookie"]).toBeUndefined();
      yield* textOf(client, set("a=1", "b=2; Path=/echo/deep", "c=3; Domain=example.com"));
      expect((yield* headersOf(client))["cookie"]).toBe("a=1");
      expect((yield* headersOf(client, "/echo/deep/er"))["cookie"]).toBe("b=2; a=1");
      yield* textOf(client, set("a=; Max-Age=0"));
      expect((yield* headersOf(client))["cookie"]).toBeUndefined();
    });
  });

  test("are not kept without being asked for", async () => {
    await withClient({ retry: false }, function* (client) {
      yield* textOf(client, set("a=1"));
      expect((yield* headersOf(client))["cookie"]).toBeUndefined();
    });
  });

  test("go to another host by its own name alone", async () => {
    await withClient({ retry: false, cookies: true }, function* (client) {
      yield* textOf(client, set("a=1"));
      expect((yield* headersOf(client, `http://localhost:${server.port}/echo`))["cookie"]).toBeUndefined();
    });
  });

  test("that a redirect sets are sent to where it leads", async () => {
    await withClient({ retry: false, cookies: true }, function* (client) {
      const cookies = yield* headersOf(client, "/login?to=/echo");
      expect(cookies["cookie"]).toBe("session=1");
    });
  });

  test("of a jar that the user brings are the user's", async () => {
    const jar = new CookieJar();
    await jar.setCookie("mine=1", server.origin);
    await withClient({ retry: false, cookies: jar }, function* (client) {
      expect((yield* headersOf(client))["cookie"]).toBe("mine=1");
      yield* textOf(client, set("theirs=2"));
    });
    expect(await jar.getCookieString(server.origin)).toBe("mine=1; theirs=2");
  });

  test("that are malformed harm nobody", async () => {
    await withClient({ retry: false, cookies: true }, function* (client) {
      yield* textOf(
        client,
        set("", "=;=;", "a", `long=${"x".repeat(5_000)}`, "good=1", "x=1; Domain=.", "y=1; Expires=never"),
      );
      expect((yield* headersOf(client))["cookie"]).toMatch(/good=1/);
    });
  });

  test("a store that fails ends the request with its error, and leaves nothing", async () => {
    const broken: CookieStore = {
      getCookieString: () => Promise.reject(new RangeError("the store broke")),
      setCookie: () => Promise.resolve(),
    };
    await withClient({ retry: false, cookies: broken }, function* (client) {
      let caught: unknown;
      try {
        yield* client.get(`${server.origin}/echo`);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(RangeError);
    });
  });
});

describe("hooks", () => {
  test("of the request see what is sent, and may change its headers", async () => {
    const seen: string[] = [];
    const hooks = {
      request: [
        ({ method, url, headers, attempt }: { method: string; url: URL; headers: Headers; attempt: number }) => {
          seen.push(`${method} ${url.pathname} ${headers.get("authorization")} ${attempt}`);
          headers.set("x-trace", "1");
          headers.delete("authorization");
        },
        ({ headers }: { headers: Headers }) => headers.append("x-trace", "2"),
      ],
    };
    await withClient({ retry: false, hooks, auth: { bearer: "abc" } }, function* (client) {
      const headers = yield* headersOf(client);
      expect(headers["x-trace"]).toBe("1, 2");
      expect(headers["authorization"]).toBeUndefined();
      expect(seen).toEqual(["GET /echo Bearer abc 1"]);
    });
  });

  test("of the response see each hop of a redirect", async () => {
    const seen: string[] = [];
    const hooks = {
      response: [
        (response: { status: number; url: string }) =>
          void seen.push(`${response.status} ${new URL(response.url).pathname}`),
      ],
    };
    await withClient({ retry: false, hooks }, function* (client) {
      (yield* client.get(`${server.origin}/redirects/2`)).close();
      expect(seen).toEqual(["302 /redirects/2", "302 /redirects/1", "200 /echo"]);
    });
  });

  test("that throw leave no connection behind", async () => {
    const hooks = {
      response: [
        () => {
          throw new RangeError("the hook broke");
        },
      ],
    };
    await withClient({ retry: false, hooks }, function* (client) {
      const outcomes = yield* gather(
        Array.from({ length: 20 }, () => client.get(`${server.origin}/endless`)),
        { returnExceptions: true },
      );
      for (const outcome of outcomes) expect(outcome).toBeInstanceOf(RangeError);
    });
  });

  test("that wait are ended by total", async () => {
    const hooks = { request: [() => sleep("1h")] };
    await withClient({ retry: false, hooks, timeouts: { total: 50 } }, function* (client) {
      const error = yield* errorOf(client.get(`${server.origin}/ok`));
      expect(error.name).toBe("TotalTimeout");
      expect(error.message).toMatch(/request hook/);
    });
  });
});

test("a client works after all that", async () => {
  await withClient(
    { retry: false, cookies: true, auth: { bearer: "a" }, hooks: { request: [() => {}] } },
    function* (client) {
      for (let i = 0; i < 20; i++) yield* expectWorks(client, server);
    },
  );
});
