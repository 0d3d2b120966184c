/** What a server is told: bad options, and addresses that can't be had. */
import { fromPromise, run, use, type CoroutineBody } from "brigade";
import { type Handler, ListenError, serve, type ServeOptions } from "brigade/http";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runProgram } from "../../program.ts";
import { certificate } from "../certificate.ts";
import { eventually } from "../nothing-left.ts";
import { answerOf, served } from "./serving.ts";

const hello: Handler = () => new Response("hello");

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "brigade-serve-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe("serve throws at once", () => {
  test.for<[ServeOptions | Record<string, unknown>, string]>([
    [{ port: 70_000 }, "port is 70000; it has to be a whole number from 0 (any that is free) to 65535"],
    [{ port: "8080" }, "port is 8080"],
    [{ host: "" }, "host is an address or a name"],
    [{ limit: 0 }, "limit is 0; it has to be a whole number ≥ 1"],
    [{ limit: 1, queue: -1 }, "queue is -1; it has to be a whole number ≥ 0"],
    [{ queue: 5 }, "a queue needs a limit"],
    [{ maxBodyBytes: 1.5 }, "maxBodyBytes is 1.5"],
    [{ timeout: "soon" }, '"soon" is not a duration'],
    [{ gracePeriod: -1 }, '"-1" is not a duration'],
    [{ tls: { key: "k" } }, "tls needs `key` and `cert`"],
    [{ socketPath: "" }, "socketPath is a path"],
    [{ socketPath: "/x", tls: { key: "k", cert: "c" } }, "a Unix socket takes no tls"],
    [{ onError: 1 }, "onError is a function, not number"],
  ])("for %j", ([options, message]) => {
    expect(() => serve(hello, options as ServeOptions)).toThrow(message);
  });

  test("for a handler that is none, with a hint at a framework's fetch", () => {
    expect(() => serve({ fetch: hello } as unknown as Handler)).toThrow("hand over its `fetch`");
    expect(() => serve("x" as unknown as Handler)).toThrow("serve takes a function of the request, not string");
  });
});

function listening(options: ServeOptions): Promise<void> {
  return run(use(serve(hello, options), function* (): CoroutineBody<void> {}));
}

test("a port that is in use is a ListenError that says what to do", async () => {
  await served(hello, {}, function* ({ port }) {
    let refused: unknown;
    try {
      yield* use(serve(hello, { port }), function* () {});
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ListenError);
    expect(refused).toMatchObject({
      code: "EADDRINUSE",
      message: `serve: port ${port} of 127.0.0.1 is in use: stop what listens there, or choose another port (0 takes a free one)`,
    });
  });
});

test("an address of another machine, and an unknown host, are ListenErrors", async () => {
  await expect(listening({ host: "192.0.2.1" })).rejects.toMatchObject({
    code: "EADDRNOTAVAIL",
    message: "serve: 192.0.2.1 is not an address of this machine",
  });
  await expect(listening({ host: "no.such.host.invalid" })).rejects.toThrow(
    'the host "no.such.host.invalid" can\'t be found',
  );
});

test("a Unix socket is served, and removed at the end", async () => {
  const socketPath = join(folder(), "app.sock");
  await served(hello, { socketPath }, function* (server) {
    expect([server.url, server.host, server.port]).toEqual([`unix:${socketPath}`, socketPath, 0]);
    const { promise, resolve } = Promise.withResolvers<string>();
    httpRequest({ socketPath, path: "/x", agent: false }, (response) =>
      response.setEncoding("utf8").once("data", resolve),
    ).end();
    expect(yield* fromPromise(promise)).toBe("hello");
  });
  expect(existsSync(socketPath)).toBe(false);
});

test("a path where a Unix socket can't be is a ListenError that says why", async () => {
  const path = folder();
  const taken = join(path, "taken");
  writeFileSync(taken, "");
  await expect(listening({ socketPath: taken })).rejects.toThrow(
    `something listens on the socket ${taken}, or did and left it`,
  );
  await expect(listening({ socketPath: join(path, "none", "x") })).rejects.toThrow("its folder does not exist");
});

test("with tls it serves https", async () => {
  const tls = certificate();
  await served(hello, { tls }, function* (server) {
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    const { promise, resolve } = Promise.withResolvers<string>();
    httpsRequest(server.url, { ca: tls.cert, agent: false }, (response) =>
      response.setEncoding("utf8").once("data", resolve),
    ).end();
    expect(yield* fromPromise(promise)).toBe("hello");
  });
});

test("a key that is none is a ListenError", async () => {
  await expect(listening({ tls: { key: "nonsense", cert: "nonsense" } })).rejects.toThrow(
    "serve: the key or the certificate of tls can't be used",
  );
});

test("all addresses are listened on when asked for, and the url is one that a client here reaches", async () => {
  await served(hello, { host: "0.0.0.0" }, function* (server) {
    expect([server.host, server.url]).toEqual(["0.0.0.0", `http://127.0.0.1:${server.port}`]);
    expect((yield* answerOf(server)).text).toBe("hello");
  });
});

test("a main that is cancelled while the server starts leaves nothing that listens, at whatever moment", async () => {
  const listeners = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPServerWrap").length;
  const before = listeners();
  let started = 0;
  for (let turns = 0; turns < 12; turns++) {
    const controller = new AbortController();
    const main = use(serve(hello), (server) => {
      started++;
      return server.forever();
    });
    const ended = run(main, { signal: controller.signal });
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    controller.abort();
    await expect(ended).rejects.toThrow('task "main" was cancelled');
    await eventually(() => expect(listeners(), `after ${turns} turns`).toBe(before));
  }
  expect(started).toBeGreaterThan(0); // the moments were before, in, and after the start
  expect(started).toBeLessThan(12);
});

test("without @hono/node-server it says what to install", async () => {
  const { stdout } = await runProgram(`
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== "@hono/node-server") return next(specifier, context);
        throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
      },
    });
    const { run, use } = await import("brigade");
    const { serve } = await import("brigade/http");
    await run(use(serve(() => new Response()), function* () {})).catch((error) => console.log(error.message));
  `);
  expect(stdout).toBe("serve needs @hono/node-server and hono: npm install @hono/node-server hono\n");
});
