/** Requests and their responses. */
import { ContextVar, coroutine, currentTask, fromPromise, Queue, run, sleep, use, type CoroutineBody } from "brigade";
import { type Handler, serve } from "brigade/http";
import { virtualClock } from "brigade/testing";
import { Agent, request, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { answerOf, reportedBy, served, until } from "./serving.ts";

const hello = coroutine(function* (): CoroutineBody<Response> {
  yield* sleep(1);
  return new Response("hello");
});

describe("a handler gives its response as", () => {
  const handlers: Record<string, Handler> = {
    "a coroutine": hello,
    "a bare generator": function* (): CoroutineBody<Response> {
      return yield* hello();
    },
    "a promise": async () => new Response("hello"),
    "the response itself": () => new Response("hello"),
  };
  test.for(Object.entries(handlers))("%s", async ([, handler]) => {
    await served(handler, {}, function* (server) {
      expect(yield* answerOf(server)).toMatchObject({ status: 200, text: "hello" });
    });
  });
});

test("the server says where it listens, and counts", async () => {
  await served(hello, {}, function* (server) {
    expect(server.host).toBe("127.0.0.1");
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect([server.active, server.waiting, server.total, server.rejected]).toEqual([0, 0, 0, 0]);
    yield* answerOf(server);
    yield* until(() => expect([server.active, server.total]).toEqual([0, 1]));
  });
});

test("a request is a task, named after it without its query", async () => {
  const names: string[] = [];
  const handler = function* (): CoroutineBody<Response> {
    names.push(currentTask().name);
    return new Response();
  };
  await served(handler, {}, function* (server) {
    yield* answerOf(server, "/orders/7?token=secret");
    yield* answerOf(server, `/${"x".repeat(500)}`, { method: "POST", body: "a" });
  });
  expect(names).toEqual(["GET /orders/7", `POST /${"x".repeat(94)}…`]);
});

test("a request sees the context variables of who started the server, and changes only its own", async () => {
  const user = new ContextVar<string>("user", { default: "nobody" });
  const seen: string[] = [];
  const handler = function* (): CoroutineBody<Response> {
    seen.push(user.get());
    user.set("the request's");
    return new Response(user.get());
  };
  await run(function* () {
    user.set("the starter's");
    yield* use(serve(handler), function* (server) {
      expect((yield* answerOf(server)).text).toBe("the request's");
      expect((yield* answerOf(server)).text).toBe("the request's");
      expect(user.get()).toBe("the starter's");
    });
  });
  expect(seen).toEqual(["the starter's", "the starter's"]);
});

describe("when a handler fails", () => {
  const failing = function* (request: Request): CoroutineBody<Response> {
    yield* sleep(0);
    if (request.url.endsWith("/bad")) throw new Error("the password is 1234");
    return new Response("fine");
  };

  test("its client gets a plain 500, the error is reported, and the server goes on", async () => {
    const { reports } = await reportedBy(failing, {}, function* (server) {
      const answer = yield* answerOf(server, "/bad");
      expect(answer).toMatchObject({ status: 500, text: "Internal Server Error\n" });
      expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect((yield* answerOf(server, "/good")).text).toBe("fine");
    });
    expect(reports.map(({ message, error }) => [message, (error as Error).message])).toEqual([
      ["GET /bad failed", "the password is 1234"],
    ]);
  });

  test("onError is told in place of the report, and may give the response", async () => {
    const told: string[] = [];
    const onError = (error: unknown, { url }: Request): Response | undefined => {
      told.push(`${new URL(url).pathname}: ${(error as Error).message}`);
      return told.length > 1 ? new Response("sorry", { status: 502 }) : undefined;
    };
    await served(failing, { onError }, function* (server) {
      expect((yield* answerOf(server, "/bad")).status).toBe(500);
      expect(yield* answerOf(server, "/bad")).toMatchObject({ status: 502, text: "sorry" });
    });
    expect(told).toEqual(["/bad: the password is 1234", "/bad: the password is 1234"]);
  });

  test("an onError that throws is reported, and the client gets the 500", async () => {
    const onError = (): never => {
      throw new Error("in onError");
    };
    const { reports } = await reportedBy(failing, { onError }, function* (server) {
      expect((yield* answerOf(server, "/bad")).status).toBe(500);
    });
    expect(reports.map(({ error }) => (error as Error).message)).toEqual(["in onError"]);
  });

  test.for<[string, Handler]>([
    [
      "it throws at once",
      () => {
        throw new Error("at once");
      },
    ],
    ["it gives no Response", (() => 42) as unknown as Handler],
    ["it gives a promise of none", (async () => "text") as unknown as Handler],
    ["its promise rejects", () => Promise.reject(new Error("later"))],
    [
      "its task is cancelled by somebody",
      function* () {
        currentTask().cancel();
        yield* sleep(1);
        return new Response();
      },
    ],
    [
      "its response was read already",
      async () => {
        const read = await fetch("data:,x");
        await read.text();
        return read;
      },
    ],
  ])("because %s, the client gets a 500 and one error is reported", async ([, handler]) => {
    const { reports } = await reportedBy(handler, {}, function* (server) {
      expect((yield* answerOf(server)).status).toBe(500);
    });
    expect(reports.length).toBe(1);
  });
});

test("a HEAD request gets the head alone", async () => {
  const handler = (): Response => new Response("hello", { headers: { "x-kind": "greeting" } });
  await served(handler, {}, function* (server) {
    const { status, headers, text } = yield* answerOf(server, "/", { method: "HEAD" });
    expect([status, headers.get("content-length"), headers.get("x-kind"), text]).toEqual([200, "5", "greeting", ""]);
  });
});

test("several cookies stay several", async () => {
  const handler = (): Response =>
    new Response(null, {
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    });
  await served(handler, {}, function* (server) {
    expect((yield* answerOf(server)).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });
});

test("a connection is kept for the next request", async () => {
  const ports = new Set<unknown>();
  const handler: Handler = (_request, { incoming }) => {
    ports.add(incoming.socket.remotePort);
    return new Response("ok");
  };
  await served(handler, {}, function* (server) {
    using connection = new Connection(server.port);
    yield* fromPromise(connection.get("/1").got("ok"));
    yield* fromPromise(connection.get("/2").got("ok", "ok"));
    expect(ports.size).toBe(1);
  });
});

test("requests that come before the answer to the first are answered in their order", async () => {
  const handler = function* ({ url }: Request): CoroutineBody<Response> {
    const { pathname } = new URL(url);
    yield* sleep(pathname === "/slow" ? 20 : 0);
    return new Response(`<${pathname}>`);
  };
  await served(handler, {}, function* (server) {
    using connection = new Connection(server.port);
    yield* fromPromise(connection.get("/slow").get("/b").get("/c").got("</c>"));
    expect(connection.received).toMatch(/<.slow>[^]*<.b>[^]*<.c>/);
  });
});

test("an upload is read as it comes, and no faster than the handler takes it", async () => {
  const total = 64 * 2 ** 20;
  let taken = 0;
  const handler = function* ({ body }: Request): CoroutineBody<Response> {
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { done, value } = yield* fromPromise(reader.read());
      if (done) return new Response(String(taken));
      taken += value.length;
      if (taken < 2 ** 20) yield* sleep(5);
    }
  };
  await served(handler, { maxBodyBytes: total }, function* (server) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const upload = request(
      server.url,
      { method: "POST", agent: new Agent(), headers: { connection: "close" } },
      (response) => {
        response.setEncoding("utf8").once("data", resolve);
      },
    );
    let given = 0;
    let ahead = 0;
    const chunk = Buffer.alloc(2 ** 16);
    while (given < total) {
      given += chunk.length;
      const room = upload.write(chunk);
      ahead = Math.max(ahead, given - taken);
      if (!room) yield* fromPromise(new Promise((drained) => upload.once("drain", drained)));
    }
    upload.end();
    expect(yield* fromPromise(promise)).toBe(String(total));
    expect(ahead).toBeLessThan(total / 2); // the rest is what the kernel's buffers hold
  });
});

test("what fetch gives stays an instance of Response, and a request can be copied", async () => {
  const handler: Handler = (request) => {
    const copy = new Request(request, { headers: { "x-copied": "yes" } });
    return new Response(`${request instanceof Request} ${copy.headers.get("x-copied")}`);
  };
  // The signal of a copy of a copy can't be seen, and looks like a leak to `assertNoLeaks`: it goes with the request.
  const program = use(serve(handler), function* (server): CoroutineBody<void> {
    const response = yield* fromPromise(fetch(server.url, { headers: { connection: "close" } }));
    expect(response).toBeInstanceOf(Response);
    expect(new Response()).toBeInstanceOf(Response);
    class Own extends Response {}
    expect([response instanceof Own, new Own() instanceof Own, {} instanceof Response]).toEqual([false, true, false]);
    expect(yield* fromPromise(response.text())).toBe("true yes");
  });
  await run(program);
});

test("a response that fetch gave is passed on", async () => {
  const behind = (): Response => new Response("from behind", { status: 203, headers: { "x-from": "behind" } });
  await served(behind, {}, function* (upstream) {
    const proxy: Handler = async () => fetch(upstream.url, { headers: { connection: "close" } });
    yield* use(serve(proxy), function* (server) {
      const { status, headers, text } = yield* answerOf(server);
      expect([status, headers.get("x-from"), text]).toEqual([203, "behind", "from behind"]);
    });
  });
});

test("a response that is passed on and breaks is reported, and no word of it is sent", async () => {
  const behind: Handler = (_request, { outgoing }) => {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller): Promise<void> {
        controller.enqueue(new TextEncoder().encode("begun"));
        await new Promise((resolve) => setTimeout(resolve, 20)); // for the head to be passed on
        (outgoing as ServerResponse).destroy();
      },
    });
    return new Response(body);
  };
  await served(behind, {}, function* (upstream) {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const proxy: Handler = async () => fetch(upstream.url, { headers: { connection: "close" } });
    yield* use(serve(proxy, { onError }), function* (server) {
      const client = new Connection(server.port).get("/");
      yield* fromPromise(client.closed);
      expect(client.received).toContain("begun");
      expect(client.received).not.toMatch(/terminated|\n0\r\n/);
      yield* until(() => expect(server.active).toBe(0));
    });
    expect(errors.map(String)).toEqual(["TypeError: terminated"]);
  });
});

test("one server's main may wait for nothing but its requests, in virtual time, too", async () => {
  const queue = new Queue<string>();
  const handler = function* (request: Request): CoroutineBody<Response> {
    yield* queue.put(new URL(request.url).pathname);
    return new Response();
  };
  await served(
    handler,
    {},
    function* (server) {
      const client = new Connection(server.port);
      setTimeout(() => client.get("/come"), 20); // from outside the loop
      expect(yield* queue.get()).toBe("/come");
      client.leave();
    },
    { clock: virtualClock() },
  );
});
