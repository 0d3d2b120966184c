/** What a response gives: its head, and its body, once, within maxBytes. */
import { collect, coroutine, type CoroutineBody, forEach, sleep } from "brigade";
import {
  BodyTooLargeError,
  BodyUnavailableError,
  type ClientResponse,
  HTTPStatusError,
  InvalidJSONError,
} from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("maxBytes", () => {
  const cases: readonly {
    readonly claim: string;
    readonly path: string;
    readonly read: (response: ClientResponse) => ReturnType<ClientResponse["bytes"]>;
  }[] = [
    { claim: "bytes, announced", path: "/sized/5000000", read: (response) => response.bytes() },
    { claim: "bytes, without end", path: "/endless", read: (response) => response.bytes() },
    { claim: "text, announced", path: "/sized/5000000", read: (response) => response.text() as never },
    { claim: "json, without end", path: "/endless", read: (response) => response.json() as never },
    {
      claim: "chunks, announced",
      path: "/sized/5000000",
      read: (response) => forEach(response.chunks(), () => {}) as never,
    },
    {
      claim: "chunks, without end",
      path: "/endless",
      read: (response) => forEach(response.chunks(), () => {}) as never,
    },
    {
      claim: "lines, announced",
      path: "/sized/5000000",
      read: (response) => forEach(response.lines(), () => {}) as never,
    },
  ];
  test.each(cases)("$claim: the error says the bound, and little of it has come", async ({ path, read }) => {
    server.counts.delete("bytes");
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(server.origin + path, { maxBytes: 100_000 });
      const error = yield* errorOf(read(response));
      expect(error).toBeInstanceOf(BodyTooLargeError);
      expect((error as BodyTooLargeError).maxBytes).toBe(100_000);
      expect(error.message).toContain(`GET ${server.origin}${path}: the body is over 100000 bytes (maxBytes)`);
      yield* expectWorks(client, server);
    });
    // What lies in the buffers of both sockets is sent, and no more.
    expect(server.counts.get("bytes")).toBeLessThan(path === "/endless" ? 20_000_000 : 5_000_001);
  });

  test("just as many bytes as maxBytes are accepted", async () => {
    await withClient({ retry: false, maxBytes: 100_000 }, function* (client) {
      using response = yield* client.get(`${server.origin}/sized/100000`);
      expect(yield* response.bytes()).toHaveLength(100_000);
      const error = yield* errorOf(textOf(client, `${server.origin}/sized/100001`));
      expect(error).toBeInstanceOf(BodyTooLargeError);
    });
  });
});

describe("without a body", () => {
  test.each(["/bodiless/204", "/bodiless/304"])(
    "%s reads as empty in every way, and the connection stays",
    async (path) => {
      await withClient({ retry: false }, function* (client) {
        const accepted = server.accepted;
        const ways: readonly ((response: ClientResponse) => Generator<never, unknown> | CoroutineBody<unknown>)[] = [
          (response) => response.text()[Symbol.iterator]() as CoroutineBody<unknown>,
          (response) => response.bytes()[Symbol.iterator]() as CoroutineBody<unknown>,
          (response) => collect(response.lines())[Symbol.iterator]() as CoroutineBody<unknown>,
          (response) => collect(response.chunks())[Symbol.iterator]() as CoroutineBody<unknown>,
        ];
        for (const way of ways) {
          const response = yield* client.get(server.origin + path);
          expect(yield* coroutine(() => way(response) as CoroutineBody<unknown>)()).toHaveLength(0);
        }
        expect(server.accepted - accepted).toBeLessThanOrEqual(2);
        const none = yield* client.get(server.origin + path);
        const error = yield* errorOf(none.json());
        expect(error).toBeInstanceOf(InvalidJSONError);
        expect(error.message).toMatch(/empty/);
      });
    },
  );

  test("HEAD has the length of what it would be, and no body", async () => {
    await withClient({ retry: false, maxBytes: 10 }, function* (client) {
      using response = yield* client.head(`${server.origin}/sized/5000`);
      expect(response.headers.get("content-length")).toBe("5000");
      expect(yield* response.text()).toBe("");
      yield* expectWorks(client, server);
    });
  });
});

describe("the body comes once", () => {
  test("a second reading throws BodyUnavailableError", async () => {
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(`${server.origin}/ok`);
      expect(yield* response.text()).toBe("ok");
      for (const again of [response.text(), response.json(), response.bytes(), collect(response.lines())]) {
        const error = yield* errorOf(again);
        expect(error).toBeInstanceOf(BodyUnavailableError);
        expect(error.message).toMatch(/read already/);
      }
    });
  });

  test("after close there is none, and closing again does nothing", async () => {
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(`${server.origin}/endless`);
      response.close();
      response.close();
      const error = yield* errorOf(response.text());
      expect(error).toBeInstanceOf(BodyUnavailableError);
      expect(error.message).toMatch(/closed/);
      expectIdle(client);
      const whole = yield* client.get(`${server.origin}/ok`);
      yield* sleep(30); // the body has come
      whole.close();
      expect((yield* errorOf(whole.text())).message).toMatch(/closed/);
    });
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test("`using` ends what was not read", async () => {
    await withClient({ retry: false }, function* (client) {
      {
        using response = yield* client.get(`${server.origin}/endless`);
        expect(response.ok).toBe(true);
        expect(client.inFlight).toBe(1);
      }
      expectIdle(client);
    });
  });
});

describe("status", () => {
  test("raiseForStatus gives the response itself when it is ok, and else throws what the server said", async () => {
    await withClient({ retry: false }, function* (client) {
      using fine = yield* client.get(`${server.origin}/ok`);
      expect(fine.raiseForStatus()).toBe(fine);
      const url = `${server.origin}/status/404`;
      const response = yield* client.get(url, { query: { body: "no such order" } });
      expect([response.ok, response.status, response.statusText]).toEqual([false, 404, "Not Found"]);
      expect(() => response.raiseForStatus()).toThrow(HTTPStatusError);
      try {
        response.raiseForStatus();
      } catch (error) {
        expect(error).toMatchObject({ status: 404, body: "no such order", attempts: 1, request: { method: "GET" } });
        expect((error as Error).message).toBe(`GET ${url}?body=no+such+order: 404 Not Found: no such order`);
      }
      expect(yield* response.text(), "the body can be read all the same").toBe("no such order");
    });
  });

  test("of a long body the error carries the first 2 kB", async () => {
    await withClient({ retry: false, raiseForStatus: true }, function* (client) {
      const body = "0123456789".repeat(1_000);
      const error = yield* errorOf(client.post(`${server.origin}/mirror?status=422`, { body }));
      expect(error).toBeInstanceOf(HTTPStatusError);
      expect((error as HTTPStatusError).body).toBe(body.slice(0, 2_048));
      expect(error.message.length).toBeLessThan(500);
      yield* expectWorks(client, server);
    });
  });

  test("an error whose body never comes is there soon all the same", async () => {
    await withClient({ retry: false, raiseForStatus: true, timeouts: { total: "5s" } }, function* (client) {
      const error = yield* errorOf(client.get(`${server.origin}/stalls?status=500`));
      expect(error).toBeInstanceOf(HTTPStatusError);
      expect((error as HTTPStatusError).body).toBe("the beginning");
      yield* expectWorks(client, server);
    });
  });

  test("of 204, 304, 200 and 299 the ok ones are those from 200 to 299", async () => {
    await withClient({ retry: false, raiseForStatus: false }, function* (client) {
      const oks: boolean[] = [];
      for (const status of [200, 204, 299, 304, 400])
        oks.push((yield* client.get(`${server.origin}/status/${status}`)).ok);
      expect(oks).toEqual([true, true, true, false, false]);
    });
  });
});

test("timing splits the time, and the parts are within the whole", async () => {
  await withClient({ retry: false }, function* (client) {
    const response = yield* client.get(`${server.origin}/slow/60`);
    expect(yield* response.text()).toBe("slow");
    const { waiting, connect, response: answer, body, total } = response.timing;
    expect(answer).toBeGreaterThan(40);
    for (const part of [waiting, connect, answer, body]) expect(part).toBeGreaterThanOrEqual(0);
    expect(connect + answer + body).toBeLessThanOrEqual(total + 1);
    yield* sleep(20);
    expect(response.timing.total, "it stands still at the end").toBe(total);
  });
});

test("header fields that come several times are all there", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/set-cookie?cookie=a%3D1&cookie=b%3D2`);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("Content-Length")).toBe("3");
  });
});
