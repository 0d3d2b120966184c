/** Clients that go away: what works for them is cancelled, and its cleanup runs. */
import {
  CancelledError,
  coroutine,
  type CoroutineBody,
  currentTask,
  Event,
  fromPromise,
  gather,
  Semaphore,
  sleep,
  type Stream,
  stream,
  use,
} from "brigade";
import { type Handler, serve, type ServeOptions, type Server, serverSentEvents, streamResponse } from "brigade/http";
import { describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { answerOf, reportedBy, served, until } from "./serving.ts";

const idle = (server: Server): void => expect([server.active, server.waiting]).toEqual([0, 0]);

test("a client that disconnects while its handler gathers three calls: all three are cancelled, and clean up", async () => {
  const events: string[] = [];
  const behind: Handler = function* (request: Request): CoroutineBody<Response> {
    const name = new URL(request.url).pathname;
    try {
      events.push(`${name} begins`);
      yield* sleep("1h");
      return new Response();
    } finally {
      events.push(`${name} ${currentTask().unwinding ? "cancelled" : "ended"}`);
    }
  };
  await served(behind, {}, function* (upstream) {
    const call = coroutine(function* (name: string): CoroutineBody<void> {
      try {
        yield* fromPromise((signal) => fetch(`${upstream.url}/${name}`, { signal }));
      } finally {
        yield* sleep(1);
        events.push(`${name} cleaned up`);
      }
    });
    const handler = function* (): CoroutineBody<Response> {
      yield* gather([call("a"), call("b"), call("c")]);
      return new Response("never");
    };
    yield* use(serve(handler), function* (server) {
      const client = new Connection(server.port).get("/");
      yield* until(() => expect(events.length).toBe(3));
      client.leave();
      yield* until(() => expect(events.length).toBe(9));
      yield* until(() => idle(server));
      yield* until(() => idle(upstream));
    });
  });
  expect(events.slice(3).sort()).toEqual([
    "/a cancelled",
    "/b cancelled",
    "/c cancelled",
    "a cleaned up",
    "b cleaned up",
    "c cleaned up",
  ]);
});

test("the request counts as active until its cleanup has ended", async () => {
  const begun = new Event();
  const goOn = new Event();
  const handler = function* (): CoroutineBody<Response> {
    try {
      begun.set();
      yield* sleep("1h");
      return new Response();
    } finally {
      yield* goOn.wait();
    }
  };
  await served(handler, {}, function* (server) {
    const client = new Connection(server.port).get("/");
    yield* begun.wait();
    client.leave();
    yield* sleep(30); // for the server to hear of it, which a test can't see
    expect(server.active).toBe(1);
    goOn.set();
    yield* until(() => idle(server));
  });
});

test("request.signal fires with the reason, for handlers that are promises", async () => {
  let signal: AbortSignal | undefined;
  const handler: Handler = (request) => {
    signal = request.signal;
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal?.reason as Error)));
  };
  await served(handler, {}, function* (server) {
    const client = new Connection(server.port).get("/path");
    yield* until(() => expect(signal).toBeDefined());
    client.leave();
    yield* until(() => expect(signal?.aborted).toBe(true));
    yield* until(() => idle(server));
  });
  expect(signal?.reason).toBeInstanceOf(CancelledError);
  expect(signal?.reason).toMatchObject({ reason: "the client went away" });
});

test("a promise that fails otherwise after the client went away is reported", async () => {
  const begun = new Event();
  const handler: Handler = async (request) => {
    begun.set();
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    throw new Error("the database is gone");
  };
  const { reports } = await reportedBy(handler, {}, function* (server) {
    const client = new Connection(server.port).get("/");
    yield* begun.wait();
    client.leave();
    yield* until(() => idle(server));
  });
  expect(reports.map(({ error }) => (error as Error).message)).toEqual(["the database is gone"]);
});

test("an error of the cleanup is reported", async () => {
  const begun = new Event();
  const handler = function* (): CoroutineBody<Response> {
    try {
      begun.set();
      yield* sleep("1h");
      return new Response();
    } finally {
      throw new Error("could not roll back");
    }
  };
  const { reports } = await reportedBy(handler, {}, function* (server) {
    const client = new Connection(server.port).get("/");
    yield* begun.wait();
    client.leave();
    yield* until(() => idle(server));
  });
  expect(reports.map(({ error }) => (error as Error).message)).toEqual(["could not roll back"]);
});

test("every request of a pipeline is cancelled, those whose turn has not come, too", async () => {
  let running = 0;
  const handler = function* (request: Request): CoroutineBody<Response> {
    running++;
    try {
      yield* fromPromise(() => request.text());
      yield* sleep("1h");
      return new Response();
    } finally {
      running--;
    }
  };
  await served(handler, {}, function* (server) {
    const client = new Connection(server.port).get("/1").get("/2").get("/3");
    yield* until(() => expect(running).toBe(3));
    client.leave();
    yield* until(() => expect(running).toBe(0));
    yield* until(() => idle(server));
  });
});

test("a client that goes away in the middle of its upload: the handler that reads it is cancelled", async () => {
  let ended = "";
  const begun = new Event();
  const handler = function* (request: Request): CoroutineBody<Response> {
    begun.set();
    try {
      yield* fromPromise(() => request.text());
      ended = "read";
    } catch {
      ended = "thrown";
    } finally {
      ended ||= "unwound";
    }
    return new Response();
  };
  await served(handler, {}, function* (server) {
    const client = new Connection(server.port);
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf");
    yield* begun.wait();
    client.leave();
    yield* until(() => idle(server));
  });
  expect(ended).toBe("unwound");
});

describe("while its body streams", () => {
  const bodies = { streamResponse, serverSentEvents };
  test.for(Object.entries(bodies))("%s: the stream is unwound, and waited for", async ([, respond]) => {
    const events: string[] = [];
    const ticks = stream(function* (): Generator<unknown, void, unknown> {
      try {
        for (;;) {
          yield "tick\n";
          yield* sleep(1);
        }
      } finally {
        yield* sleep(5);
        events.push("cleaned up");
      }
    }) as () => Stream<string>;
    const handler = function* (): CoroutineBody<Response> {
      return respond(ticks());
    };
    await served(handler, {}, function* (server) {
      const client = new Connection(server.port).get("/");
      yield* fromPromise(client.got("tick", "tick", "tick"));
      expect(server.active).toBe(1);
      client.leave();
      yield* until(() => idle(server));
      expect(events).toEqual(["cleaned up"]);
    });
  });

  test("a body that fetch gave is cancelled, too", async () => {
    let cancelled = false;
    const handler: Handler = () => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
        cancel: () => void (cancelled = true),
      });
      return new Response(body);
    };
    await served(handler, {}, function* (server) {
      const client = new Connection(server.port).get("/");
      yield* fromPromise(client.got("begun"));
      client.leave();
      yield* until(() => expect(cancelled).toBe(true));
      yield* until(() => idle(server));
    });
  });
});

test("a client that leaves while its request waits in the queue costs nothing", async () => {
  const seen: string[] = [];
  const goOn = new Event();
  const handler = function* (request: Request): CoroutineBody<Response> {
    seen.push(new URL(request.url).pathname);
    yield* goOn.wait();
    return new Response("done");
  };
  const options: ServeOptions = { limit: 1, queue: 5 };
  await served(handler, options, function* (server) {
    using first = new Connection(server.port).get("/1");
    yield* until(() => expect(seen.length).toBe(1));
    const leaves = new Connection(server.port).get("/leaves");
    yield* until(() => expect(server.waiting).toBe(1));
    using last = new Connection(server.port).get("/last");
    yield* until(() => expect(server.waiting).toBe(2));
    leaves.leave();
    yield* until(() => expect(server.waiting).toBe(1));
    goOn.set();
    yield* fromPromise(Promise.all([first.got("done"), last.got("done")]));
  });
  expect(seen).toEqual(["/1", "/last"]);
});

test("1,000 clients that go away at random moments leave no task, socket, timer or permit", async () => {
  const permits = new Semaphore(20);
  let entered = 0;
  let left = 0;
  // A stream that nobody has read has not begun.
  const rows = stream(function* (): Generator<unknown, void, unknown> {
    entered++;
    try {
      for (let i = 0; i < 10; i++) {
        yield "row\n";
        yield* sleep(1);
      }
    } finally {
      left++;
    }
  }) as () => Stream<string>;
  const handler = function* (request: Request): CoroutineBody<Response> {
    entered++;
    try {
      using _permit = yield* permits.acquire();
      yield* gather([sleep(Math.random() * 8), sleep(Math.random() * 8), sleep(1)]);
      if (request.method === "POST") yield* fromPromise(() => request.text());
      return request.url.endsWith("/rows") ? streamResponse(rows()) : new Response("plain");
    } finally {
      left++;
    }
  };
  const requests = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /rows HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /rows HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf",
    "POST /rows HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "GET / HTT",
  ];
  const visit = coroutine(function* (server: Server, number: number): CoroutineBody<void> {
    using client = new Connection(server.port).send(requests[number % requests.length] as string);
    yield* fromPromise(client.connected);
    yield* sleep(Math.random() * 20);
    client.leave();
    yield* fromPromise(client.closed);
  });
  await served(handler, { limit: 40, queue: 20, timeout: "5s" }, function* (server) {
    yield* gather(
      Array.from({ length: 1_000 }, (_, number) => visit(server, number)),
      { limit: 50 },
    );
    yield* until(() => idle(server));
    expect(server.total).toBeGreaterThan(500);
    expect(permits.available).toBe(20);
    expect([entered, left]).toEqual([entered, entered]);
    expect((yield* answerOf(server)).text).toBe("plain");
  });
});
