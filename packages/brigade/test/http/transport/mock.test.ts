/** A transport that asks a handler: what handlers may be, what they see, and what they give. */
import { coroutine, createTask, fromPromise, getRunningLoop, sleep, stream, use } from "brigade";
import { createClient, type MockHandler, mockTransport } from "brigade/http";
import { expect, test } from "vitest";
import { virtually } from "../../virtually.ts";
import { bytes, get, post, Told, webStream } from "./told.ts";

test("a handler is a function, a generator function, a coroutine function or an async function", async () => {
  const handlers: readonly MockHandler[] = [
    () => new Response("a"),
    function* () {
      yield* sleep(5);
      return new Response("a");
    },
    coroutine(function* answer() {
      yield* sleep(5);
      return new Response("a");
    }),
    async () => new Response("a"),
    () => createTask(sleep(5)).then(() => new Response("a")),
  ];
  for (const handler of handlers) {
    const text = await virtually(
      use(createClient({ transport: mockTransport(handler) }), function* (client) {
        const response = yield* client.get("http://api.example/");
        return yield* response.text();
      }),
    );
    expect(text).toBe("a");
  }
});

test("a handler sees the request as a server does", async () => {
  const transport = mockTransport(function* (request) {
    const { method, url, headers } = request;
    const body: unknown = yield* fromPromise(request.json());
    return Response.json({ method, url, type: headers.get("content-type"), mine: headers.get("x-mine"), body });
  });
  const seen = await virtually(
    use(createClient({ transport, headers: { "x-mine": "1" } }), function* (client) {
      const response = yield* client.post("http://api.example/orders?x=1", { json: { id: 7 } });
      return yield* response.json();
    }),
  );
  const type = "application/json";
  expect(seen).toEqual({ method: "POST", url: "http://api.example/orders?x=1", type, mine: "1", body: { id: 7 } });
});

test("the time that a handler takes is the loop's", async () => {
  const transport = mockTransport(function* () {
    yield* sleep("1m");
    return new Response();
  });
  await virtually(
    use(createClient({ transport, timeouts: { read: "2m" } }), function* (client) {
      const response = yield* client.get("http://api.example/");
      expect(getRunningLoop().time()).toBe(60_000);
      expect(response.timing.response).toBe(60_000);
    }),
  );
});

test("every request is kept, and its body can still be read after the handler has read it", async () => {
  const transport = mockTransport(async (request) => new Response(await request.text()));
  await virtually(
    use(createClient({ transport }), function* (client) {
      for (const word of ["one", "two"]) {
        const response = yield* client.put(`http://api.example/${word}`, { body: word });
        expect(yield* response.text()).toBe(word);
      }
    }),
  );
  expect(transport.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "PUT http://api.example/one",
    "PUT http://api.example/two",
  ]);
  expect(await Promise.all(transport.requests.map((request) => request.clone().text()))).toEqual(["one", "two"]);
});

test("a body that comes in pieces reaches the handler, and is told as it is taken", async () => {
  const told = new Told();
  const words = stream(function* () {
    for (const word of ["one ", "two ", "three"]) {
      yield* sleep(10);
      yield bytes(word);
    }
  });
  const transport = mockTransport(async (request) => new Response(await request.text()));
  await virtually(function* () {
    transport.send(post("http://api.example/", words()), told);
    yield* sleep("1m");
  });
  expect(told.text).toBe("one two three");
  expect(told.events.slice(0, 5)).toEqual(["connected", "sent a piece", "sent a piece", "sent a piece", "sent"]);
});

test("a response that streams is told as it comes, in virtual time", async () => {
  const ticks = stream(function* () {
    for (let i = 1; i <= 3; i++) {
      yield* sleep("10s");
      yield bytes(`tick ${i}\n`);
    }
  });
  const transport = mockTransport(() => new Response(webStream(ticks())));
  const seen = await virtually(
    use(createClient({ transport }), function* (client) {
      const response = yield* client.get("http://api.example/");
      const lines: string[] = [];
      const source = response.lines();
      for (let next = yield* source.next(); !next.done; next = yield* source.next()) {
        lines.push(`${next.value} at ${getRunningLoop().time()}`);
      }
      return lines;
    }),
  );
  expect(seen).toEqual(["tick 1 at 10000", "tick 2 at 20000", "tick 3 at 30000"]);
});

test("while an exchange is paused no piece is taken from the response's body", async () => {
  let count = 0;
  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream(
      {
        pull(controller) {
          if (count === 4) controller.close();
          else controller.enqueue(bytes(String(++count)));
        },
      },
      { highWaterMark: 0 },
    );
  const told = new Told();
  await virtually(function* () {
    const transport = mockTransport(() => new Response(body()));
    const exchange = transport.send(get("http://api.example/"), told);
    const data = told.data.bind(told);
    told.data = (chunk) => {
      data(chunk);
      if (count === 2) exchange.pause();
    };
    yield* sleep("1s");
    expect([told.text, count]).toEqual(["12", 2]);
    exchange.resume();
    yield* sleep("1m");
    expect(told.text).toBe("1234");
  });
});

test("HEAD gets no body", async () => {
  const told = new Told();
  await virtually(function* () {
    mockTransport(() => new Response("hello")).send({ ...get("http://api.example/"), method: "HEAD" }, told);
    yield* sleep("1m");
  });
  expect(told.events).toEqual(["connected", "sent", "head", "ended"]);
});

test("mockTransport without a function throws at once", () => {
  expect(() => mockTransport(undefined as unknown as MockHandler)).toThrow(/takes a function.*not undefined/);
});
