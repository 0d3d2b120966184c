/** Requests through a proxy, plain and by TLS; and proxies that refuse. */
import { ConnectError } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificate } from "../certificate.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, textOf, withClient } from "../nothing-left.ts";
import { deadPort, proxyServer } from "../other-servers.ts";

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
