/** How an exchange with a mocked server ends early: given up, failed, or closed; and that nothing of it is left. */
import {
  type Awaitable,
  type CoroutineBody,
  createTask,
  getRunningLoop,
  moveOnAfter,
  sleep,
  stream,
  type Task,
  timeout,
  TimeoutError,
  use,
} from "brigade";
import { createClient, type MockHandler, mockTransport } from "brigade/http";
import { assertNoLeaks, virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { reporting, virtually } from "../../virtually.ts";
import { bytes, get, post, Told, webStream } from "./told.ts";

test("when the client gives up, the handler is cancelled, its cleanup runs, and request.signal fires", async () => {
  const events: string[] = [];
  const transport = mockTransport(function* (request) {
    request.signal.addEventListener("abort", () => events.push("signal"));
    try {
      yield* sleep("1h");
      return new Response();
    } finally {
      yield* sleep("1s");
      events.push("cleaned up");
    }
  });
  await virtually(
    use(createClient({ transport }), function* (client) {
      try {
        yield* timeout("1s", client.get("http://api.example/"));
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(TimeoutError);
      }
      yield* sleep("2s");
      expect(events).toEqual(["signal", "cleaned up"]);
    }),
  );
});

test("when the client gives up in the middle of a body, the stream of the body is unwound", async () => {
  const events: string[] = [];
  const ticks = stream(function* () {
    try {
      for (;;) {
        yield bytes("tick\n");
        yield* sleep("10s");
      }
    } finally {
      yield* sleep("1s");
      events.push(`unwound at ${getRunningLoop().time()}`);
    }
  });
  const transport = mockTransport(() => new Response(webStream(ticks())));
  await virtually(
    use(createClient({ transport }), function* (client) {
      const response = yield* client.get("http://api.example/");
      yield* response.lines().next();
      yield* sleep("15s");
      response.close();
      yield* sleep("1m");
      expect(events).toEqual(["unwound at 16000"]);
    }),
  );
});

test("a promise of a handler that was given up may end as it likes", async () => {
  // A promise of the outside holds time back: for a moment of real time.
  const clock = virtualClock({ patience: 1 });
  const transport = mockTransport(
    (request) =>
      new Promise((_resolve, reject) => {
        request.signal.addEventListener("abort", () => reject(new Error("late")));
      }),
  );
  await virtually(
    use(createClient({ transport }), function* (client) {
      const task: Task<unknown> = createTask(client.get("http://api.example/"));
      yield* sleep(10);
      task.cancel();
      yield* sleep(10);
      expect(task.cancelled).toBe(true);
    }),
    { clock },
  );
});

test("an error of the cleanup of a handler that was given up is reported", async () => {
  const told = new Told();
  const { reports } = await reporting(function* () {
    const transport = mockTransport(function* () {
      try {
        yield* sleep("1h");
        return new Response();
      } finally {
        throw new Error("the cleanup failed");
      }
    });
    const exchange = transport.send(get("http://api.example/"), told);
    yield* sleep(1);
    exchange.abort(new Error("enough"));
    yield* sleep(1);
  });
  expect(told.events).toEqual(["connected", "sent"]);
  expect(reports.map(({ kind, error }) => `${kind}: ${String(error)}`)).toEqual([
    "unretrieved-error: Error: the cleanup failed",
  ]);
});

test("what a handler throws is what the exchange fails with", async () => {
  const mine = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const failing: readonly MockHandler[] = [
    () => {
      throw mine;
    },
    async () => {
      throw mine;
    },
    function* () {
      yield* sleep(1);
      throw mine;
    },
  ];
  for (const handler of failing) {
    const told = new Told();
    await virtually(function* () {
      mockTransport(handler).send(get("http://api.example/"), told);
      yield* sleep("1m");
    });
    expect(told.failure).toBe(mine);
    expect(told.events).toEqual(["connected", "sent", "failed"]);
  }
});

test("a body of a response that breaks fails the exchange in the middle", async () => {
  const told = new Told();
  const breaking = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes("half")),
    pull: (controller) => controller.error(Object.assign(new Error("reset"), { code: "ECONNRESET" })),
  });
  await virtually(function* () {
    mockTransport(() => new Response(breaking)).send(get("http://api.example/"), told);
    yield* sleep("1m");
  });
  expect(told.events.slice(-2)).toContain("failed");
  expect(told.failure).toMatchObject({ code: "ECONNRESET" });
});

test("a handler that gives no response, or one that was read, gets an error that says so", async () => {
  const once = new Response("once");
  const cases: readonly (readonly [MockHandler, RegExp])[] = [
    [(() => undefined) as unknown as MockHandler, /not undefined/],
    [(() => 5) as unknown as MockHandler, /not 5/],
    [(async () => "text") as unknown as MockHandler, /gave .*GET http:\/\/api\.example\/: give a Response/],
    [() => Response.error(), /Response\.error\(\)/],
    [() => once, /read already: make a new one/],
  ];
  await once.text();
  for (const [handler, words] of cases) {
    const told = new Told();
    await virtually(function* () {
      mockTransport(handler).send(get("http://api.example/"), told);
      yield* sleep("1m");
    });
    expect(String(told.failure)).toMatch(words);
  }
});

test("a request that there can't be fails as invalid, and no handler is asked", async () => {
  const told = new Told();
  const transport = mockTransport(() => expect.unreachable());
  await virtually(function* () {
    transport.send({ ...post("http://api.example/", bytes("x")), method: "GET" }, told);
    yield* sleep(1);
  });
  expect((told.failure as Error).name).toBe("InvalidRequestError");
  expect(transport.requests).toEqual([]);
});

test("closing ends what runs, tells it, and waits for the cleanup of handlers", async () => {
  const told = new Told();
  await virtually(function* () {
    const transport = mockTransport(function* () {
      try {
        yield* sleep("1h");
        return new Response();
      } finally {
        yield* sleep("3s");
      }
    });
    transport.send(get("http://api.example/"), told);
    yield* sleep(1);
    yield* transport.close() as Awaitable<unknown>;
    expect(getRunningLoop().time()).toBe(3_001);
  });
  expect(String(told.failure)).toContain("closed");
});

test("a client that gives up at any moment leaves nothing of the mock: no task, timer or listener", async () => {
  const handler = function* (): CoroutineBody<Response> {
    yield* sleep(10);
    const pieces = stream(function* () {
      for (let i = 0; i < 3; i++) {
        yield* sleep(10);
        yield bytes("piece\n");
      }
    });
    return new Response(webStream(pieces()));
  };
  const ends = new Set<string>();
  for (let patience = 0; patience <= 60; patience += 5) {
    await assertNoLeaks(() =>
      use(createClient({ transport: mockTransport(handler) }), function* (client) {
        const body = client.put("http://api.example/", { body: "x" });
        const text = yield* moveOnAfter(patience, function* () {
          const response = yield* body;
          return yield* response.text();
        });
        ends.add(text ?? "given up");
        yield* sleep("1m");
      }),
    );
  }
  expect(ends).toEqual(new Set(["given up", "piece\npiece\npiece\n"]));
});
