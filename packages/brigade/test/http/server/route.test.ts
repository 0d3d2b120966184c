/** Coroutines as handlers and middleware of Hono. */
import {
  coroutine,
  type CoroutineBody,
  currentTask,
  Event,
  fromPromise,
  gather,
  run,
  sleep,
  type Stream,
  stream,
  use,
} from "brigade";
import { route, serve, type Server, streamResponse } from "brigade/http";
import { virtualClock } from "brigade/testing";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { answerOf, served, until } from "./serving.ts";

const price = coroutine(function* (id: string): CoroutineBody<number> {
  yield* sleep(1);
  return id.length;
});

/** An app of which one route waits for ever. */
function shop(): { app: Hono; events: string[]; waits: Event } {
  const events: string[] = [];
  const waits = new Event();
  const app = new Hono();
  app.use(cors());
  app.use("/slow/*", async (_c, next) => {
    try {
      await next();
    } finally {
      events.push("middleware of promises ends");
    }
  });
  app.use(
    "/slow/*",
    route(function* (_c, next) {
      try {
        yield* fromPromise(next());
      } finally {
        events.push(`middleware ${currentTask().unwinding ? "unwound" : "ends"}`);
      }
    }),
  );
  app.get(
    "/orders/:id",
    route(function* (c) {
      c.req.param("id") satisfies string;
      return c.json({ total: yield* price(c.req.param("id")), task: currentTask().name });
    }),
  );
  app.get("/typed/:id", (c) =>
    route(c, function* () {
      c.req.param("id") satisfies string;
      return c.json({ total: yield* price(c.req.param("id")) });
    }),
  );
  app.get(
    "/slow/:id",
    route(function* (c) {
      try {
        waits.set();
        yield* gather([sleep("1h"), sleep("1h")]);
        return c.text("never");
      } finally {
        yield* sleep(5);
        events.push(`handler ${currentTask().unwinding ? "unwound" : "ends"}`);
      }
    }),
  );
  app.get(
    "/fails",
    route(function* () {
      yield* sleep(0);
      throw new HTTPException(418, { message: "teapot" });
    }),
  );
  return { app, events, waits };
}

test("a Hono app is mounted as it is, with its middleware and its own errors", async () => {
  const { app } = shop();
  await served(app.fetch, {}, function* (server) {
    const answer = yield* answerOf(server, "/orders/A-17?x=1");
    expect(JSON.parse(answer.text)).toEqual({ total: 4, task: "GET /orders/A-17" });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect((yield* answerOf(server, "/typed/A-1")).text).toBe('{"total":3}');
    expect(yield* answerOf(server, "/none")).toMatchObject({ status: 404 });
    expect(yield* answerOf(server, "/fails")).toMatchObject({ status: 418, text: "teapot" });
    expect((yield* answerOf(server, "/orders/A", { method: "HEAD" })).status).toBe(200);
  });
});

test("a client that goes away cancels route's coroutines, handler and middleware, and they are waited for", async () => {
  const { app, events, waits } = shop();
  const logged: unknown[] = [];
  const { error } = console;
  console.error = (...line): void => void logged.push(line);
  try {
    await served(app.fetch, {}, function* (server) {
      const client = new Connection(server.port).get("/slow/1");
      yield* waits.wait();
      client.leave();
      yield* until(() => expect(server.active).toBe(0));
      expect(events).toContain("handler unwound");
      expect(events).toContain("middleware unwound");
      yield* until(() => expect(events.length).toBe(3)); // a middleware of promises hears of it, and is not waited for
    });
  } finally {
    console.error = error;
  }
  expect(logged).toEqual([]);
});

test("`timeout` and the end of the server cancel them, too", async () => {
  const { app, events } = shop();
  const options = { timeout: "10s", onError: () => new Response("late", { status: 503 }) } as const;
  const program = function* (server: Server): CoroutineBody<void> {
    expect((yield* answerOf(server, "/slow/1")).text).toBe("late");
    yield* until(() => expect(events.length).toBe(3));
  };
  await served(app.fetch, options, program, { clock: virtualClock() });
  const ending = shop();
  const client = await served(ending.app.fetch, { gracePeriod: 20 }, function* (server) {
    const connection = new Connection(server.port).get("/slow/1");
    yield* ending.waits.wait();
    return connection;
  });
  expect(ending.events).toContain("handler unwound");
  await client.got("503");
});

test("a middleware that makes a request of its own changes nothing of that", async () => {
  const cancelled = new Event();
  const reading = new Event();
  const app = new Hono().post(
    "/",
    bodyLimit({ maxSize: 100 }),
    route(function* (c) {
      expect(yield* fromPromise(() => c.req.text())).toBe("small");
      try {
        reading.set();
        yield* sleep("1h");
        return c.text("never");
      } finally {
        if (currentTask().unwinding) cancelled.set();
      }
    }),
  );
  const options = { timeout: "10s", onError: () => new Response("late", { status: 503 }) } as const;
  const program = function* (server: Server): CoroutineBody<void> {
    using client = new Connection(server.port);
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsmall\r\n0\r\n\r\n");
    yield* fromPromise(client.got("late"));
    expect(reading.isSet).toBe(true);
    yield* cancelled.wait();
    yield* until(() => expect(server.active).toBe(0));
  };
  // The signal of such a request, which a middleware has made of another, can't be seen, and looks like a leak.
  await run(use(serve(app.fetch, options), program), { clock: virtualClock() });
});

test("a stream that a middleware transforms is unwound when the client leaves", async () => {
  const unwound = new Event();
  const lines = stream(function* (): Generator<unknown, void, unknown> {
    try {
      for (;;) {
        yield `${Math.random()}\n`.repeat(500);
        yield* sleep(1);
      }
    } finally {
      unwound.set();
    }
  }) as () => Stream<string>;
  const app = new Hono();
  app.use(compress({ threshold: 0 }));
  app.get(
    "/",
    route(function* () {
      return streamResponse(lines(), { headers: { "content-type": "text/plain" } });
    }),
  );
  await served(app.fetch, {}, function* (server) {
    const client = new Connection(server.port);
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
    yield* fromPromise(client.got("content-encoding: gzip", "\r\n\r\n"));
    client.leave();
    yield* unwound.wait();
    yield* until(() => expect(server.active).toBe(0));
  });
});

describe("without serve", () => {
  test("route runs on a loop of its own", async () => {
    const { app } = shop();
    const response = await app.request("/orders/A-17");
    expect(await response.json()).toEqual({ total: 4, task: "main" });
  });

  test("a body that streams is read when the coroutine has ended", async () => {
    const lines = stream(function* (): Generator<unknown, void, unknown> {
      yield "a";
      yield* sleep(1);
      yield "b";
    }) as () => Stream<string>;
    const app = new Hono().get("/", (c) =>
      route(c, function* () {
        return streamResponse(lines());
      }),
    );
    expect(await (await app.request("/")).text()).toBe("ab");
  });

  test("inside a coroutine it runs on the loop that runs", async () => {
    const { app } = shop();
    const response = await run(function* () {
      return yield* fromPromise(Promise.resolve(app.request("/orders/A-17")));
    });
    expect(await response.json()).toMatchObject({ total: 4 });
  });

  test.for(["outside", "inside"])("the request's signal cancels it, %s a coroutine", async (where) => {
    const waits = new Event();
    let unwound = false;
    const app = new Hono().get(
      "/",
      route(function* (c) {
        try {
          waits.set();
          yield* sleep("1h");
          return c.text("never");
        } finally {
          unwound = currentTask().unwinding;
        }
      }),
    );
    app.onError((error, c) => c.text(error.name, 500));
    const controller = new AbortController();
    const request = new Request("http://localhost/", { signal: controller.signal });
    const answer = async (): Promise<string> => await (await app.request(request)).text();
    const text = where === "outside" ? answer() : run(() => fromPromise(() => answer()));
    await expect.poll(() => waits.isSet).toBe(true);
    controller.abort();
    expect(await text).toBe("CancelledError");
    expect(unwound).toBe(true);
  });

  test("a request that was aborted before runs nothing", async () => {
    let ran = false;
    const app = new Hono().get(
      "/",
      route(function* (c) {
        ran = true;
        return c.text("never");
      }),
    );
    app.onError((error, c) => c.text(error.name, 500));
    const request = new Request("http://localhost/", { signal: AbortSignal.abort() });
    const asks = async (): Promise<string> => await (await app.request(request)).text();
    expect(await asks()).toBe("CancelledError");
    expect(await run(() => fromPromise(() => asks()))).toBe("CancelledError");
    expect(ran).toBe(false);
  });
});

test("route refuses what is no function", () => {
  expect(() => route("x" as never)).toThrow("route takes a generator function, or a context and one, not x");
});
