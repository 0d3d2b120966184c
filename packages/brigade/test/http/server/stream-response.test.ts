/** Streams as bodies, and server-sent events. */
import {
  coroutine,
  type CoroutineBody,
  currentTask,
  fromPromise,
  Queue,
  run,
  sleep,
  stream,
  type Suspension,
} from "brigade";
import { type Handler, serverSentEvents, type ServerSentEvent, streamResponse } from "brigade/http";
import { virtualClock } from "brigade/testing";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { answerOf, reportedBy, served, until } from "./serving.ts";

const numbers = stream(function* (count: number): Generator<Suspension | string, void, unknown> {
  for (let i = 0; i < count; i++) {
    yield* sleep(1);
    yield `${i}\n`;
  }
});

/** A handler that gives this response, made in its task. */
function responding(respond: () => Response): Handler {
  return coroutine(function* (): CoroutineBody<Response> {
    return respond();
  });
}

test("a stream's text and bytes are sent as they come", async () => {
  const mixed = stream(function* (): Generator<Suspension | string | Uint8Array, void, unknown> {
    yield "ä";
    yield new Uint8Array([98]);
    yield "";
    yield "c";
  });
  const init = { status: 201, headers: { "content-type": "text/csv" } };
  await served(
    responding(() => streamResponse(mixed(), init)),
    {},
    function* (server) {
      const { status, headers, text } = yield* answerOf(server);
      expect([status, headers.get("content-type"), text]).toEqual([201, "text/csv", "äbc"]);
    },
  );
});

test("a queue, an array and an async iterable are sent, too", async () => {
  const queue = new Queue<string>();
  queue.putNowait("a");
  queue.putNowait("b");
  queue.shutdown();
  const iterable = (async function* (): AsyncGenerator<string> {
    yield "e";
  })();
  const bodies = [() => streamResponse(queue), () => streamResponse(["c", "d"]), () => streamResponse(iterable)];
  const handler = coroutine(function* (): CoroutineBody<Response> {
    return (bodies.shift() as () => Response)();
  });
  await served(handler, {}, function* (server) {
    const texts = [(yield* answerOf(server)).text, (yield* answerOf(server)).text, (yield* answerOf(server)).text];
    expect(texts).toEqual(["ab", "cd", "e"]);
    yield* queue.join(); // what was sent has been dealt with
  });
});

test("nothing is produced that the client does not take", async () => {
  let produced = 0;
  const endless = stream(function* (): Generator<Suspension | string, void, unknown> {
    for (;;) {
      produced++;
      yield "x".repeat(2 ** 16);
    }
  });
  await served(
    responding(() => streamResponse(endless())),
    {},
    function* (server) {
      const client = new Connection(server.port);
      client.socket.pause();
      client.get("/");
      let before = -1;
      while (produced !== before) {
        before = produced;
        yield* sleep(100); // the kernel's buffers fill up
      }
      expect(produced).toBeLessThan(500);
      client.socket.resume();
      yield* until(() => expect(produced).toBeGreaterThan(before));
      client.leave();
      yield* until(() => expect(server.active).toBe(0));
    },
  );
});

test("an error breaks the connection and is reported, and no word of it is sent", async () => {
  const failing = stream(function* (): Generator<Suspension | string, void, unknown> {
    yield "begun";
    yield* sleep(1);
    throw new Error("the secret");
  });
  const { reports } = await reportedBy(
    responding(() => streamResponse(failing())),
    {},
    function* (server) {
      const client = new Connection(server.port).get("/path");
      yield* fromPromise(client.closed);
      expect(client.received).toContain("begun");
      expect(client.received).not.toMatch(/secret|\n0\r\n/);
      yield* until(() => expect(server.active).toBe(0));
    },
  );
  expect(reports.map(({ message, error }) => [message, (error as Error).message])).toEqual([
    ["GET /path failed", "the secret"],
  ]);
});

test("what is neither text nor bytes is an error that says so", async () => {
  const wrong = [1, 2] as unknown as string[];
  const { reports } = await reportedBy(
    responding(() => streamResponse(wrong)),
    {},
    function* (server) {
      yield* fromPromise(new Connection(server.port).get("/").closed);
    },
  );
  expect(reports.map(({ error }) => (error as Error).message)).toEqual([
    "streamResponse: the stream gave 1; it has to give text or Uint8Arrays",
  ]);
});

test("a HEAD request does not start the stream", async () => {
  let started = false;
  const body = stream(function* (): Generator<Suspension | string, void, unknown> {
    started = true;
    yield "x";
  });
  await served(
    responding(() => streamResponse(body())),
    {},
    function* (server) {
      expect((yield* answerOf(server, "/", { method: "HEAD" })).status).toBe(200);
    },
  );
  expect(started).toBe(false);
});

test("the body is a task of the request, named after it", async () => {
  const names = stream(function* (): Generator<Suspension | string, void, unknown> {
    yield currentTask().name;
  });
  await served(
    responding(() => streamResponse(names())),
    {},
    function* (server) {
      expect((yield* answerOf(server, "/rows?x=1")).text).toBe("GET /rows body");
    },
  );
});

describe("without serve", () => {
  test("made outside any loop, it gets one of its own", async () => {
    expect(await streamResponse(numbers(3)).text()).toBe("0\n1\n2\n");
  });

  test("made in a task, it runs on that loop, or on one of its own when the run has ended", async () => {
    const [text, late] = await run(function* () {
      const read = yield* fromPromise(streamResponse(numbers(2)).text());
      return [read, streamResponse(numbers(2))] as const;
    });
    expect(text).toBe("0\n1\n");
    expect(await late.text()).toBe("0\n1\n");
    const outside = streamResponse(numbers(2));
    expect(await run(() => fromPromise(() => outside.text()))).toBe("0\n1\n");
  });

  test.for(["outside", "inside"])(
    "a reader that cancels unwinds it, and gets an error of its cleanup, %s a run",
    async (where) => {
      const body = stream(function* (): Generator<Suspension | string, void, unknown> {
        try {
          yield "x";
          yield* sleep("1h");
        } finally {
          yield* sleep(1);
          throw new Error("of the cleanup");
        }
      });
      const cancels = async (): Promise<void> => {
        const reader = (streamResponse(body()).body as ReadableStream<Uint8Array>).getReader();
        await reader.read();
        void reader.read();
        await reader.cancel();
      };
      const cancelled =
        where === "outside"
          ? cancels()
          : run(function* () {
              yield* fromPromise(cancels());
            });
      await expect(cancelled).rejects.toThrow("of the cleanup");
    },
  );

  test("in another server, a client that leaves unwinds it", async () => {
    let unwound = false;
    const ticks = stream(function* (): Generator<Suspension | string, void, unknown> {
      try {
        for (;;) {
          yield "tick";
          yield* sleep(1);
        }
      } finally {
        unwound = true;
      }
    });
    const server = createServer(getRequestListener(() => streamResponse(ticks()), { overrideGlobalObjects: false }));
    await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
    const client = new Connection((server.address() as { port: number }).port).get("/");
    await client.got("tick", "tick");
    client.leave();
    await expect.poll(() => unwound).toBe(true);
    server.close();
  });
});

function textOf(source: readonly (ServerSentEvent | string)[]): Promise<string> {
  return serverSentEvents(source).text();
}

describe("server-sent events", () => {
  test("have the form that the HTML standard says", async () => {
    expect(await textOf(["plain", { data: "d", event: "tick", id: "7", retry: "1.5s" }])).toBe(
      "data: plain\n\nevent: tick\nid: 7\nretry: 1500\ndata: d\n\n",
    );
  });

  test("carry data of several lines, whatever ends them", async () => {
    expect(await textOf(["a\nb\r\nc\rd", ""])).toBe("data: a\ndata: b\ndata: c\ndata: d\n\ndata: \n\n");
  });

  test.for<[ServerSentEvent, string]>([
    [{ data: "", event: "a\nb" }, 'an event\'s event is one line of text, without NUL, not "a\\nb"'],
    [{ data: "", id: "\0" }, "an event's id is one line of text"],
    [{ data: { a: 1 } as unknown as string }, "an event's data is text, not [object Object]; use JSON.stringify"],
  ])("that can't be sent are an error: %j", async ([event, message]) => {
    await expect(textOf([event])).rejects.toThrow(message);
  });

  test("are not kept by caches and proxies, and headers that were given stay", async () => {
    const { headers } = serverSentEvents([], { headers: { "x-own": "1", "cache-control": "no-store" } });
    expect(Object.fromEntries(headers)).toEqual({
      "cache-control": "no-store",
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
      "x-own": "1",
    });
  });

  test("are kept alive by comments when nothing else is sent for 15 s", async () => {
    const rare = stream(function* (): Generator<Suspension | string, void, unknown> {
      yield "first";
      yield* sleep("10s");
      yield "second";
      yield* sleep("40s");
      yield "third";
    });
    const text = await run(() => fromPromise(() => serverSentEvents(rare()).text()), { clock: virtualClock() });
    expect(text).toBe("data: first\n\ndata: second\n\n:\n\n:\n\ndata: third\n\n");
  });

  test("refuse to send comments all the time", () => {
    expect(() => serverSentEvents([], { keepAlive: 0 })).toThrow("keepAlive is 0");
  });

  test("reach a client as they come", async () => {
    const queue = new Queue<string>();
    await served(
      responding(() => serverSentEvents(queue)),
      {},
      function* (server) {
        const client = new Connection(server.port).get("/");
        yield* fromPromise(client.got("text/event-stream", "\r\n\r\n"));
        yield* queue.put("one");
        yield* fromPromise(client.got("data: one\n\n"));
        yield* queue.put("two");
        yield* fromPromise(client.got("data: two\n\n"));
        client.leave();
        yield* until(() => expect(server.active).toBe(0));
      },
    );
  });
});
