/** Connections: kept and used again, closed at the wrong moment, refused, by TLS, HTTP/2 and a proxy; and none left. */
import {
  collect,
  coroutine,
  type CoroutineBody,
  createTask,
  forEach,
  gather,
  run,
  sleep,
  stream,
  use,
  wait,
} from "brigade";
import {
  BodyUnavailableError,
  type Client,
  ConnectError,
  ConnectionLostError,
  createClient,
  isHTTPError,
  ReadTimeout,
  type RequestOptions,
} from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificate } from "../certificate.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";
import { deadPort, fullBacklog, http2Server, proxyServer } from "../other-servers.ts";

let server: HostileServer;
let secure: HostileServer;
beforeAll(async () => {
  [server, secure] = await Promise.all([HostileServer.start(), HostileServer.start(certificate())]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

const tls = { ca: certificate().cert };

/** How many connections the program makes to the server. */
async function connectionsOf(limit: number, program: (client: Client) => CoroutineBody<unknown>): Promise<number> {
  await eventually(() => expect(server.sockets.size).toBe(0));
  const before = server.accepted;
  await withClient({ retry: false, limits: { connections: limit } }, program);
  return server.accepted - before;
}

describe("are kept and used again", () => {
  // Of two, since undici lets a connection rest for a turn of the event loop before it is used again.
  test("requests one after the other use one or two connections", async () => {
    const connections = await connectionsOf(100, function* (client) {
      for (let i = 0; i < 50; i++)
        expect(yield* textOf(client, `${server.origin}/status/200?body=${i}`)).toBe(String(i));
    });
    expect(connections).toBeLessThanOrEqual(2);
  });

  test("a thousand requests with a limit of ten use ten", async () => {
    const connections = await connectionsOf(10, function* (client) {
      const urls = Array.from({ length: 1_000 }, (_, i) => `${server.origin}/status/200?body=${i}`);
      expect(yield* gather(urls.map((url) => textOf(client, url)))).toEqual(urls.map((_, i) => String(i)));
    });
    expect(connections).toBeLessThanOrEqual(10);
  });

  test("errors of HTTP, redirects and answers without a body cost none", async () => {
    const connections = await connectionsOf(100, function* (client) {
      for (const path of [
        "/status/404?body=no",
        "/status/500",
        "/bodiless/204",
        "/bodiless/304",
        "/redirects/3",
        "/ok",
      ]) {
        const response = yield* client.get(server.origin + path);
        yield* response.text();
      }
      (yield* client.head(`${server.origin}/sized/1000`)).close();
    });
    expect(connections).toBeLessThanOrEqual(2);
  });

  test("a body that came whole, and that nobody read, costs none", async () => {
    const connections = await connectionsOf(100, function* (client) {
      for (let i = 0; i < 10; i++) {
        const response = yield* client.get(`${server.origin}/sized/1000`);
        yield* sleep(10); // it comes
        response.close();
      }
    });
    expect(connections).toBe(1);
  });
});

describe("closed by the server", () => {
  test("as soon as they are idle: nothing is lost", async () => {
    await withClient({ retry: false, limits: { connections: 4 } }, function* (client) {
      for (let round = 0; round < 20; round++) {
        const urls = Array.from({ length: 8 }, () => `${server.origin}/idle-close`);
        const answers = yield* gather(urls.map((url) => textOf(client, url)));
        expect(answers).toEqual(urls.map(() => "ok"));
        if (round % 3 === 0) yield* sleep(round % 5); // sometimes the close is seen before the next use, sometimes after
      }
    });
  });

  test("after each answer: the next request gets another", async () => {
    await withClient({ retry: false }, function* (client) {
      for (let i = 0; i < 10; i++) expect(yield* textOf(client, `${server.origin}/last`)).toBe("last");
    });
  });

  test("at the moment of reuse: GET is sent again, POST is not, and says that the connection broke", async () => {
    // A server that resets a connection when the second request comes on it: that is what a close looks like that crosses the request.
    await withClient({ retry: false, limits: { connections: 1 } }, function* (client) {
      expect(yield* textOf(client, `${server.origin}/second-resets`)).toBe("first");
      expect(yield* textOf(client, `${server.origin}/second-resets`)).toBe("first");
      const error = yield* errorOf(client.post(`${server.origin}/second-resets`, { body: "once" }));
      expect(error).toBeInstanceOf(ConnectionLostError);
      yield* expectWorks(client, server);
    });
  });

  test("at the moment of reuse, beside others that connect: no GET is lost", async () => {
    await using other = await HostileServer.start();
    await withClient({ retry: false, limits: { connections: 10 } }, function* (client) {
      const urls = Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0 ? `${server.origin}/second-resets` : `${other.origin}/last`,
      );
      const answers = yield* gather(urls.map((url) => textOf(client, url)));
      expect(answers).toEqual(urls.map((_, i) => (i % 2 === 0 ? "first" : "last")));
    });
  });

  test("a server that always resets gets a GET no more than twice", async () => {
    await withClient({ retry: false, limits: { connections: 1 } }, function* (client) {
      yield* expectWorks(client, server);
      const before = server.visits.length;
      expect(yield* errorOf(client.get(`${server.origin}/reset/before-head`))).toBeInstanceOf(ConnectionLostError);
      expect(server.visits.length - before).toBeLessThanOrEqual(2);
    });
  });
});

describe("that can't be made end with ConnectError, whose message says what to do", () => {
  test("nobody listens", async () => {
    const port = await deadPort();
    await withClient({ retry: false }, function* (client) {
      const error = yield* errorOf(client.get(`http://127.0.0.1:${port}/x`));
      expect(error).toBeInstanceOf(ConnectError);
      expect(error).toMatchObject({ code: "ECONNREFUSED", attempts: 1 });
      expect(error.message).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/x: nobody listens there.*check/);
      yield* expectWorks(client, server);
    });
  });

  test("nobody listens on any address of the name", async () => {
    const port = await deadPort();
    await withClient({ retry: false }, function* (client) {
      const error = yield* errorOf(client.get(`http://localhost:${port}/`));
      expect(error).toBeInstanceOf(ConnectError);
      expect((error as ConnectError).code).toBe("ECONNREFUSED");
    });
  });

  test("the name is not known", async () => {
    await withClient({ retry: 3 }, function* (client) {
      const error = yield* errorOf(client.get("http://no-such-host.invalid/"));
      expect(error).toBeInstanceOf(ConnectError);
      expect((error as ConnectError).code).toMatch(/ENOTFOUND|EAI_AGAIN/);
      expect(error.message).toMatch(/name.*check/);
    });
  });

  test("a certificate that nobody vouches for", async () => {
    await withClient({ retry: 3 }, function* (client) {
      const error = yield* errorOf(client.get(`${secure.origin}/ok`));
      expect(error).toBeInstanceOf(ConnectError);
      expect(error).toMatchObject({ attempts: 1 });
      expect(error.message).toMatch(/TLS|certificate/);
      expect(error.message).toMatch(/tls\.ca/);
      yield* expectWorks(client, server);
    });
    await eventually(() => expect(secure.sockets.size).toBe(0));
  });

  test("http spoken to a TLS port, and https to a plain one", async () => {
    await withClient({ retry: false, tls, timeouts: { total: "5s" } }, function* (client) {
      const plain = yield* errorOf(client.get(`https://127.0.0.1:${server.port}/ok`));
      expect(plain).toBeInstanceOf(ConnectError);
      expect(plain.message).toMatch(/TLS/);
      const secured = yield* errorOf(client.get(`http://127.0.0.1:${secure.port}/ok`));
      expect(isHTTPError(secured)).toBe(true);
      yield* expectWorks(client, server);
    });
  });
});

test("TLS with a certificate of one's own, and with none checked", async () => {
  for (const options of [tls, { verify: false }]) {
    await withClient({ retry: false, tls: options }, function* (client) {
      expect(yield* textOf(client, `${secure.origin}/ok`)).toBe("ok");
      yield* expectWorks(client, secure);
    });
  }
});

describe("HTTP/2", () => {
  test("is spoken where it is asked for and the server has it, on one connection", async () => {
    await using h2 = await http2Server(certificate());
    await withClient({ retry: false, tls, http2: true }, function* (client) {
      const urls = Array.from({ length: 100 }, (_, i) => `https://127.0.0.1:${h2.port}/echo/${i}`);
      const answers = yield* gather(urls.map((url) => textOf(client, url)));
      expect(answers).toEqual(urls.map((_, i) => `2.0 GET /echo/${i}`));
      expect(h2.sessions()).toBeLessThan(20);
      yield* expectWorks(client, server);
    });
  });

  test("is not spoken otherwise", async () => {
    await using h2 = await http2Server(certificate());
    await withClient({ retry: false, tls }, function* (client) {
      expect(yield* textOf(client, `https://127.0.0.1:${h2.port}/echo`)).toBe("1.1 GET /echo");
    });
  });

  const broken = [
    { claim: "a stream that is reset before the head", path: "/reset", error: ConnectionLostError },
    { claim: "a stream that is reset in the body", path: "/reset-body", error: ConnectionLostError },
    { claim: "a session that is destroyed", path: "/destroy", error: ConnectionLostError },
    { claim: "a session that is destroyed in the body", path: "/destroy-body", error: ConnectionLostError },
    { claim: "a body cut short of its content-length", path: "/short", error: ConnectionLostError },
  ];
  test.each(broken)("$claim ends with its error, and the client works", async ({ path, error }) => {
    await using h2 = await http2Server(certificate());
    await withClient({ retry: false, tls, http2: true, timeouts: { total: "5s" } }, function* (client) {
      const thrown = yield* errorOf(textOf(client, `https://127.0.0.1:${h2.port}${path}`));
      expect(thrown.constructor.name, thrown.message).toBe(error.name);
      expect(thrown.message).toContain(`GET https://127.0.0.1:${h2.port}${path}: `);
      expectIdle(client);
      expect(yield* textOf(client, `https://127.0.0.1:${h2.port}/echo`)).toBe("2.0 GET /echo");
    });
  });

  test("a POST with a body, and a response that is read slowly, come whole", async () => {
    await using h2 = await http2Server(certificate());
    await withClient({ retry: false, tls, http2: true }, function* (client) {
      const body = "x".repeat(500_000);
      const response = yield* client.post(`https://127.0.0.1:${h2.port}/mirror`, { body });
      let read = 0;
      yield* forEach(response.chunks(), function* (chunk) {
        read += chunk.byteLength;
        yield* sleep(1);
      });
      expect(read).toBe(500_000);
    });
  });

  test("a server that never answers ends with ReadTimeout", async () => {
    await using h2 = await http2Server(certificate());
    await withClient({ retry: false, tls, http2: true, timeouts: { read: 150 } }, function* (client) {
      const thrown = yield* errorOf(client.get(`https://127.0.0.1:${h2.port}/never`));
      expect(thrown).toBeInstanceOf(ReadTimeout);
      expectIdle(client);
    });
  });

  test("a cancelled request leaves the connection to the others", async () => {
    await using h2 = await http2Server(certificate());
    await withClient({ retry: false, tls, http2: true }, function* (client) {
      const origin = `https://127.0.0.1:${h2.port}`;
      yield* textOf(client, `${origin}/echo`);
      const stuck = Array.from({ length: 20 }, () => createTask(client.get(`${origin}/never`)));
      yield* sleep(30); // they are on their way
      for (const task of stuck) task.cancel();
      yield* sleep(0);
      expectIdle(client);
      for (let i = 0; i < 20; i++) expect(yield* textOf(client, `${origin}/echo/${i}`)).toBe(`2.0 GET /echo/${i}`);
    });
  });
});

describe("a proxy", () => {
  test("carries http and https", async () => {
    await using proxy = await proxyServer();
    await withClient({ retry: false, tls, proxy: `http://127.0.0.1:${proxy.port}` }, function* (client) {
      expect(yield* textOf(client, `${server.origin}/status/200?body=plain`)).toBe("plain");
      expect(yield* textOf(client, `${secure.origin}/status/200?body=secure`)).toBe("secure");
      expect(proxy.asked.some((line) => line.includes(String(server.port)))).toBe(true);
      expect(proxy.asked).toContain(`CONNECT 127.0.0.1:${secure.port}`);
    });
  });

  test("is told who asks, and the server is not", async () => {
    await using proxy = await proxyServer("me:secret");
    await withClient({ retry: false, tls, proxy: `http://me:secret@127.0.0.1:${proxy.port}` }, function* (client) {
      for (const origin of [server.origin, secure.origin]) {
        using response = yield* client.get(`${origin}/echo`);
        const { headers } = yield* response.json<{ headers: Record<string, string> }>();
        expect(headers["proxy-authorization"]).toBeUndefined();
      }
    });
  });

  test("that refuses, or is not there, is named in the error", async () => {
    await using proxy = await proxyServer("me:secret");
    await withClient({ retry: false, tls, proxy: `http://127.0.0.1:${proxy.port}` }, function* (client) {
      const error = yield* errorOf(client.get(`${secure.origin}/ok`));
      expect(error).toBeInstanceOf(ConnectError);
      expect(error.message).toMatch(/proxy/i);
      expect(error.message).not.toContain("secret");
    });
    const port = await deadPort();
    await withClient({ retry: false, tls, proxy: `http://127.0.0.1:${port}` }, function* (client) {
      const error = yield* errorOf(client.get(`${secure.origin}/ok`));
      expect(error).toBeInstanceOf(ConnectError);
    });
  });
});

describe("closing the client", () => {
  test("ends every exchange, and whoever waits or reads is told", async () => {
    const told: unknown[] = [];
    const waiting = coroutine(function* (client: Client, path: string): CoroutineBody<void> {
      try {
        const response = yield* client.get(server.origin + path);
        yield* forEach(response.chunks(), () => {});
      } catch (error) {
        told.push(error);
      }
    });
    await run(function* () {
      const tasks = yield* use(createClient({ retry: false }), function* (client) {
        const started = ["/never", "/stalls", "/drip/body?every=5", "/endless"].map((path) =>
          createTask(waiting(client, path)),
        );
        yield* sleep(60); // each is where it hangs
        return started;
      });
      yield* gather(tasks);
    });
    expect(told).toHaveLength(4);
    for (const error of told) {
      expect(error).toBeInstanceOf(BodyUnavailableError);
      expect((error as Error).message).toMatch(/client was closed/);
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test("tells those that wait for the limits, for a retry, for a connection, or that send", async () => {
    await using deaf = await fullBacklog();
    const endless = stream(function* () {
      for (;;) {
        yield "x".repeat(1_000);
        yield* sleep(5);
      }
    });
    const told: unknown[] = [];
    const tried = coroutine(function* (client: Client, url: string, options: RequestOptions = {}): CoroutineBody<void> {
      try {
        yield* client.request(options.body === undefined ? "GET" : "POST", url, options);
      } catch (error) {
        told.push(error);
      }
    });
    await assertNoLeaks(
      function* () {
        const options = { limits: { perHost: 3 }, timeouts: { total: "20s" } } as const;
        const tasks = yield* use(createClient(options), function* (client) {
          const started = [
            tried(client, `http://127.0.0.1:${deaf.port}/`),
            tried(client, `${server.origin}/never`, { body: endless() }),
            tried(client, `${server.origin}/status/503`, { retry: { retries: 1, base: "1h" }, timeouts: { total: Infinity } }),
            ...Array.from({ length: 6 }, () => tried(client, `${server.origin}/never`)),
          ].map((one) => createTask(one));
          yield* sleep(80); // each is where it hangs
          return started;
        });
        yield* wait(tasks, { timeout: "2s" });
        expect(tasks.filter((task) => !task.done).length, "tasks that still wait").toBe(0);
      },
      { clock: { now: () => performance.now() } },
    );
    expect(told.map((error) => `${(error as Error).name}: ${(error as Error).message.replace(/^.*?: /, "")}`)).toEqual(
      Array.from({ length: 9 }, () => expect.stringMatching(/client (was|is) closed/)),
    );
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test("a request after that is refused", async () => {
    await run(function* () {
      let kept: Client | undefined;
      yield* use(createClient(), function* (client) {
        kept = client;
        yield* sleep(0);
      });
      let caught: unknown;
      try {
        yield* (kept as Client).get(`${server.origin}/ok`);
      } catch (error) {
        caught = error;
      }
      expect(String(caught)).toMatch(/closed/);
    });
  });

  test("a response that nobody read does not keep it", async () => {
    await run(
      use(createClient({ retry: false }), function* (client) {
        yield* client.get(`${server.origin}/endless`);
        yield* client.get(`${server.origin}/stalls`);
      }),
    );
    await eventually(() => expect(server.sockets.size).toBe(0));
  });
});

test("a stream of lines that is half read when the program ends is closed with it", async () => {
  await withClient({ retry: false }, function* (client) {
    const response = yield* client.get(`${server.origin}/pieces?piece=a%0A&piece=b%0A&piece=c%0A`);
    const lines = response.lines();
    expect((yield* lines.next()).value).toBe("a");
    yield* lines.close();
    expect(yield* collect(lines)).toEqual([]);
  });
});
