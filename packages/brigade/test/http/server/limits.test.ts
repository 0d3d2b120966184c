/** What a server bounds: requests at once, their time, their size, and how slowly they come. */
import { type CoroutineBody, currentTask, Event, fromPromise, sleep, TimeoutError } from "brigade";
import type { Handler, ServeOptions } from "brigade/http";
import { virtualClock } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { answerOf, reportedBy, served, until } from "./serving.ts";

/** A handler that ends when it is told to, and the requests that it has begun. */
function gated(): { handler: Handler; begun: string[]; goOn: Event } {
  const begun: string[] = [];
  const goOn = new Event();
  const handler = function* ({ url }: Request): CoroutineBody<Response> {
    begun.push(new URL(url).pathname);
    yield* goOn.wait();
    return new Response("done");
  };
  return { handler, begun, goOn };
}

describe("above the limit", () => {
  test("a request gets 503 with Retry-After at once, and its connection is kept", async () => {
    const { handler, begun, goOn } = gated();
    await served(handler, { limit: 2, retryAfter: "1500ms" }, function* (server) {
      using a = new Connection(server.port).get("/a");
      using b = new Connection(server.port).get("/b");
      yield* until(() => expect(begun.length).toBe(2));
      using c = new Connection(server.port).get("/c");
      yield* fromPromise(
        c.got("HTTP/1.1 503 Service Unavailable", "retry-after: 2", "keep-alive", "Service Unavailable\n"),
      );
      expect([server.active, server.waiting, server.total, server.rejected]).toEqual([2, 0, 3, 1]);
      goOn.set();
      yield* fromPromise(Promise.all([a.got("done"), b.got("done")]));
      yield* fromPromise(c.get("/c").got("200 OK", "done"));
    });
    expect(begun.sort()).toEqual(["/a", "/b", "/c"]);
  });

  test("as many as `queue` says wait, and are served in the order they came", async () => {
    const { handler, begun, goOn } = gated();
    const clients: Connection[] = [];
    await served(handler, { limit: 1, queue: 2 }, function* (server) {
      for (const path of ["/1", "/2", "/3", "/4"]) {
        clients.push(new Connection(server.port).get(path));
        yield* until(() => expect(server.total).toBe(clients.length));
      }
      expect([server.active, server.waiting, server.rejected]).toEqual([1, 2, 1]);
      yield* fromPromise((clients[3] as Connection).got("503"));
      goOn.set();
      yield* fromPromise(Promise.all(clients.slice(0, 3).map((client) => client.got("done"))));
    });
    for (const client of clients) client.leave();
    expect(begun).toEqual(["/1", "/2", "/3"]);
  });

  test("a response counts until its body has been sent", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const handler: Handler = () => {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller): Promise<void> {
          controller.enqueue(new TextEncoder().encode("begun"));
          await promise;
          controller.close();
        },
      });
      return new Response(body);
    };
    await served(handler, { limit: 1 }, function* (server) {
      using first = new Connection(server.port).get("/");
      yield* fromPromise(first.got("begun"));
      expect((yield* answerOf(server)).status).toBe(503);
      resolve();
      yield* fromPromise(first.got("0\r\n\r\n"));
      yield* until(() => expect(server.active).toBe(0));
    });
  });
});

test("a promise that runs on, though its client has left, keeps its place until it settles", async () => {
  const settles = Promise.withResolvers<Response>();
  let begun = 0;
  const deaf: Handler = () => {
    begun++;
    return begun === 1 ? settles.promise : new Response("next");
  };
  await served(deaf, { limit: 1 }, function* (server) {
    const client = new Connection(server.port).get("/");
    yield* until(() => expect(begun).toBe(1));
    client.leave();
    yield* sleep(30); // for the server to hear of it, which a test can't see
    expect((yield* answerOf(server)).status).toBe(503);
    settles.resolve(new Response("late"));
    yield* until(() => expect(server.active).toBe(0));
    expect((yield* answerOf(server)).text).toBe("next");
  });
});

describe("when `timeout` has passed", () => {
  // Time goes on only when nothing has happened for a while, however slow the machine is.
  const PATIENCE = 100;
  const virtual = { clock: virtualClock({ patience: PATIENCE }) };

  test("the client gets 503, the handler is cancelled, and a TimeoutError is reported", async () => {
    let unwound = false;
    const handler = function* (): CoroutineBody<Response> {
      try {
        yield* sleep("1h");
        return new Response();
      } finally {
        unwound = currentTask().unwinding;
      }
    };
    const program = { timeout: "30s", retryAfter: "7s" } satisfies ServeOptions;
    const { reports } = await reportedBy(
      handler,
      program,
      function* (server) {
        const { status, headers, text } = yield* answerOf(server, "/slow");
        expect([status, headers.get("retry-after"), text]).toEqual([503, "7", "Service Unavailable\n"]);
        yield* until(() => expect(server.active).toBe(0));
      },
      virtual,
    );
    expect(unwound).toBe(true);
    expect(reports.map(({ error }) => [(error as Error).name, (error as Error).message])).toEqual([
      ["TimeoutError", "GET /slow: the handler gave no response within 30000 ms"],
    ]);
  });

  test("the client need not wait for the handler's cleanup", async () => {
    const goOn = new Event();
    const handler = function* (): CoroutineBody<Response> {
      try {
        yield* sleep("1h");
        return new Response();
      } finally {
        yield* goOn.wait();
      }
    };
    const onError = (): Response => new Response("too slow", { status: 504 });
    await served(
      handler,
      { timeout: 20, onError },
      function* (server) {
        expect(yield* answerOf(server)).toMatchObject({ status: 504, text: "too slow" });
        expect(server.active).toBe(1);
        goOn.set();
        yield* until(() => expect(server.active).toBe(0));
      },
      virtual,
    );
  });

  test("a promise is told by request.signal, and what it still gives is not sent", async () => {
    let told: unknown;
    const handler: Handler = async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      told = signal.reason;
      return new Response("late");
    };
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    await served(
      handler,
      { timeout: 20, onError },
      function* (server) {
        expect((yield* answerOf(server)).text).toBe("Service Unavailable\n");
        yield* until(() => expect(server.active).toBe(0));
      },
      virtual,
    );
    expect(errors[0]).toBeInstanceOf(TimeoutError);
    expect((told as Error).message).toContain("gave no response within 20 ms");
  });

  test("it does not end a body that streams", async () => {
    const handler: Handler = () => {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller): Promise<void> {
          await new Promise((resolve) => setTimeout(resolve, 3 * PATIENCE));
          controller.enqueue(new TextEncoder().encode("late"));
          controller.close();
        },
      });
      return new Response(body);
    };
    await served(
      handler,
      { timeout: 20 },
      function* (server) {
        expect((yield* answerOf(server)).text).toBe("late");
      },
      virtual,
    );
  });
});

describe("a body over maxBodyBytes", () => {
  test("that says so is answered with 413, and its handler is not called", async () => {
    const { handler, begun } = gated();
    await served(handler, { maxBodyBytes: 100 }, function* (server) {
      const { status, text } = yield* answerOf(server, "/", { method: "POST", body: "x".repeat(101) });
      expect([status, text]).toEqual([413, "Content Too Large\n"]);
    });
    expect(begun).toEqual([]);
  });

  test("that comes in chunks cancels the handler that reads it, with 413", async () => {
    let ended = "";
    const handler = function* (request: Request): CoroutineBody<Response> {
      try {
        yield* fromPromise(() => request.text());
        ended = "read";
      } finally {
        ended ||= currentTask().unwinding ? "unwound" : "thrown";
      }
      return new Response(ended);
    };
    await served(handler, { maxBodyBytes: 100 }, function* (server) {
      using client = new Connection(server.port);
      client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      const chunk = `28\r\n${"x".repeat(40)}\r\n`;
      client.send(chunk + chunk);
      yield* sleep(20); // the server has to find that 80 bytes are few enough
      expect([ended, client.received]).toEqual(["", ""]);
      client.send(chunk);
      yield* fromPromise(client.got("413", "Connection: close", "Content Too Large"));
      yield* fromPromise(client.closed);
      yield* until(() => expect(server.active).toBe(0));
    });
    expect(ended).toBe("unwound");
  });

  test("is not one of exactly that size", async () => {
    const handler: Handler = async (request) => new Response(await request.text());
    await served(handler, { maxBodyBytes: 100 }, function* (server) {
      expect((yield* answerOf(server, "/", { method: "POST", body: "x".repeat(100) })).status).toBe(200);
      using client = new Connection(server.port);
      client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send(`64\r\n${"y".repeat(100)}\r\n0\r\n\r\n`);
      yield* fromPromise(client.got("200 OK", "y".repeat(100)));
    });
  });
});

test.for([
  ["what is not HTTP", "nonsense\r\n\r\n", "400 Bad Request"],
  ["a request without Host", "GET / HTTP/1.1\r\n\r\n", "400 Bad Request"],
  ["a Host that is none", "GET / HTTP/1.1\r\nHost: a b@c\r\n\r\n", "400 Bad Request"],
  ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400 Bad Request"],
  ["a head over maxHeaderBytes", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, "431 "],
] as const)("%s is refused before the handler is called", async ([, sent, answer]) => {
  const { handler, begun } = gated();
  await served(handler, {}, function* (server) {
    using client = new Connection(server.port).send(sent);
    yield* fromPromise(client.got(`HTTP/1.1 ${answer}`));
    expect(begun).toEqual([]);
  });
});

describe("a client that is slow", () => {
  test("with its head is cut off with 408", async () => {
    const { handler, begun } = gated();
    await served(handler, { headTimeout: 60 }, function* (server) {
      using client = new Connection(server.port).send("GET / HTTP/1.1\r\nHost: lo");
      yield* fromPromise(client.got("408 Request Timeout"));
      yield* fromPromise(client.closed);
    });
    expect(begun).toEqual([]);
  });

  test("with its body is cut off, and the handler that reads it is cancelled", async () => {
    let ended = "";
    const handler = function* (request: Request): CoroutineBody<Response> {
      try {
        yield* fromPromise(() => request.text());
        return new Response();
      } finally {
        ended = currentTask().unwinding ? "unwound" : "thrown";
      }
    };
    await served(handler, { headTimeout: 150, receiveTimeout: 300 }, function* (server) {
      using client = new Connection(server.port);
      client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nslow");
      yield* fromPromise(client.closed);
      yield* until(() => expect(server.active).toBe(0));
    });
    expect(ended).toBe("unwound");
  });

  test("to send the next request finds its connection closed", async () => {
    const handler: Handler = () => new Response("once");
    await served(handler, { idleTimeout: 30 }, function* (server) {
      using client = new Connection(server.port).get("/");
      yield* fromPromise(client.closed);
      expect(client.received).toContain("once");
    });
  });
});
