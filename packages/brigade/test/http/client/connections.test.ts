/** Connections: kept and used again, closed at the wrong moment, refused, by TLS; never more than the limits. */
import { type CoroutineBody, gather, sleep } from "brigade";
import { type Client, ConnectError, ConnectionLostError, createClient, isHTTPError } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificate } from "../certificate.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectWorks, textOf, withClient } from "../nothing-left.ts";
import { deadPort } from "../other-servers.ts";

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

  test("three hundred requests with a limit of ten use no more than ten", async () => {
    const connections = await connectionsOf(10, function* (client) {
      const urls = Array.from({ length: 300 }, (_, i) => `${server.origin}/status/200?body=${i}`);
      expect(yield* gather(urls.map((url) => textOf(client, url)))).toEqual(urls.map((_, i) => String(i)));
    });
    expect(connections).toBeLessThanOrEqual(10);
  });

  test("a limit without an end lets all go at once, and one that can't be is refused before anything starts", async () => {
    await withClient({ retry: false, limits: { connections: Infinity } }, function* (client) {
      const texts = yield* gather(
        Array.from({ length: 120 }, (_, i) => textOf(client, `${server.origin}/status/200?body=${i}`)),
      );
      expect(texts).toHaveLength(120);
    });
    expect(() => createClient({ limits: { connections: 0 } })).toThrow(RangeError);
  });

  test("the limit of a host is that of its connections too", async () => {
    for (const perHost of [1, 3]) {
      await eventually(() => expect(server.sockets.size).toBe(0));
      let most = 0;
      const watching = setInterval(() => (most = Math.max(most, server.sockets.size)), 1);
      const before = server.accepted;
      await withClient({ retry: false, limits: { perHost } }, function* (client) {
        yield* gather(Array.from({ length: 60 }, () => textOf(client, `${server.origin}/ok`)));
        expect(server.accepted - before).toBeLessThanOrEqual(perHost);
      });
      clearInterval(watching);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(perHost);
    }
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
