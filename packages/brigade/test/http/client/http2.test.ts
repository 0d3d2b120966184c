/** HTTP/2: one connection for many requests, and streams that break. */
import { createTask, forEach, gather, sleep } from "brigade";
import { ConnectionLostError, ReadTimeout } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificate } from "../certificate.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";
import { http2Server } from "../other-servers.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const tls = { ca: certificate().cert };

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
