/** How a server ends: what runs may end in time, what does not is cancelled, and nothing is left. */
import {
  coroutine,
  type CoroutineBody,
  currentTask,
  Event,
  fromPromise,
  run,
  sleep,
  type Stream,
  stream,
  taskGroup,
  use,
} from "brigade";
import { type Handler, serve, type Server, serverSentEvents, streamResponse } from "brigade/http";
import { virtualClock } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { startProgram } from "../../program.ts";
import { eventually } from "../nothing-left.ts";
import { Connection } from "./connection.ts";
import { served, until } from "./serving.ts";

test("running requests end within the grace period, and their connections with them", async () => {
  const handler = function* (): CoroutineBody<Response> {
    yield* sleep(50);
    return new Response("whole");
  };
  const client = await served(handler, {}, function* (server) {
    const connection = new Connection(server.port).get("/");
    yield* until(() => expect(server.active).toBe(1));
    return connection;
  });
  await client.got("200 OK", "Connection: close", "whole");
  await client.closed;
});

describe("a request that does not end in time", () => {
  const slow = (events: string[]): Handler =>
    function* (): CoroutineBody<Response> {
      try {
        yield* sleep("2h");
        return new Response();
      } finally {
        yield* sleep("10s");
        events.push(currentTask().unwinding ? "cleaned up" : "ended");
      }
    };

  test("is cancelled, its cleanup is awaited, and its client gets 503", async () => {
    const events: string[] = [];
    const client = await served(
      slow(events),
      { gracePeriod: "1h" },
      function* (server) {
        const connection = new Connection(server.port).get("/");
        yield* until(() => expect(server.active).toBe(1));
        return connection;
      },
      { clock: virtualClock() },
    );
    expect(events).toEqual(["cleaned up"]);
    await client.got("503 Service Unavailable", "Connection: close");
    await client.closed;
  });

  test("is so, too, when main was cancelled", async () => {
    const events: string[] = [];
    const controller = new AbortController();
    let client: Connection | undefined;
    const main = use(serve(slow(events), { gracePeriod: "1h" }), function* (server) {
      client = new Connection(server.port).get("/");
      yield* until(() => expect(server.active).toBe(1));
      controller.abort();
      yield* server.forever();
    });
    await expect(run(main, { signal: controller.signal, clock: virtualClock() })).rejects.toThrow("cancelled");
    expect(events).toEqual(["cleaned up"]);
    await client?.got("503");
  });

  test("and is a promise that heeds nothing does not hold the server up", async () => {
    let signal: AbortSignal | undefined;
    const deaf: Handler = (request) => {
      ({ signal } = request);
      return new Promise(() => {});
    };
    const client = await served(deaf, { gracePeriod: 20 }, function* (server) {
      const connection = new Connection(server.port).get("/");
      yield* until(() => expect(server.active).toBe(1));
      return connection;
    });
    await client.got("503");
    expect(signal?.aborted).toBe(true);
  });

  test("and streams its body: the connection is broken, so that nobody takes it for whole", async () => {
    const events: string[] = [];
    const ticks = stream(function* (): Generator<unknown, void, unknown> {
      try {
        for (;;) {
          yield "tick\n";
          yield* sleep(2);
        }
      } finally {
        events.push("unwound");
      }
    }) as () => Stream<string>;
    const handler = function* (): CoroutineBody<Response> {
      return streamResponse(ticks());
    };
    const client = await served(handler, { gracePeriod: 20 }, function* (server) {
      const connection = new Connection(server.port).get("/");
      yield* fromPromise(connection.got("tick"));
      return connection;
    });
    await client.closed;
    expect(client.received).not.toContain("0\r\n\r\n");
    expect(events).toEqual(["unwound"]);
  });
});

test("server-sent events end at once, whole, so that clients connect again", async () => {
  const events: string[] = [];
  const ticks = stream(function* (): Generator<unknown, void, unknown> {
    try {
      for (;;) {
        yield "tick";
        yield* sleep("1h");
      }
    } finally {
      events.push("unwound");
    }
  }) as () => Stream<string>;
  const handler = function* (): CoroutineBody<Response> {
    return serverSentEvents(ticks());
  };
  const began = performance.now();
  const client = await served(handler, { gracePeriod: "1h" }, function* (server) {
    const connection = new Connection(server.port).get("/");
    yield* fromPromise(connection.got("data: tick\n\n"));
    return connection;
  });
  expect(performance.now() - began).toBeLessThan(5_000);
  await client.got("data: tick", "0\r\n\r\n");
  expect(events).toEqual(["unwound"]);
});

test("idle connections are closed at once, and a half-sent head holds nothing up", async () => {
  const began = performance.now();
  const [idle, half] = await served(
    () => new Response("ok"),
    { gracePeriod: "1h" },
    function* (server) {
      const first = new Connection(server.port).get("/");
      yield* fromPromise(first.got("ok"));
      const second = new Connection(server.port).send("GET / HTT");
      yield* sleep(10); // for the server to take it
      return [first, second] as const;
    },
  );
  await Promise.all([idle.closed, half.closed]);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("while it ends, new connections are refused, new requests get 503, and running ones go on", async () => {
  const goOn = new Event();
  const rows = stream(function* (): Generator<unknown, void, unknown> {
    yield "begun";
    yield* goOn.wait();
    yield "done";
  }) as () => Stream<string>;
  const handler = function* (): CoroutineBody<Response> {
    return streamResponse(rows());
  };
  let client: Connection | undefined;
  await run(function* () {
    yield* taskGroup(function* (group) {
      yield* use(serve(handler), function* (server) {
        const connection = new Connection(server.port).get("/first");
        client = connection;
        yield* fromPromise(connection.got("begun"));
        group.createTask(visitEnding(server, connection, goOn)); // it runs when the server has begun to end
      });
    });
  });
  await client?.closed;
  expect(client?.received).toMatch(/200 OK[^]*done[^]*503 Service Unavailable[^]*Connection: close/);
});

const visitEnding = coroutine(function* (server: Server, client: Connection, goOn: Event): CoroutineBody<void> {
  yield* sleep(10); // for the listening socket to close
  const late = new Connection(server.port).get("/late");
  yield* fromPromise(late.closed);
  expect(late.received).toBe("");
  client.get("/second");
  yield* until(() => expect([server.total, server.rejected]).toEqual([2, 1]));
  goOn.set();
  yield* fromPromise(client.got("done"));
});

test("SIGTERM ends a program that serves gracefully", async () => {
  const program = startProgram(`
    import { run, sleep, use } from "brigade";
    import { serve } from "brigade/http";
    const handler = function* () {
      console.log("handling");
      yield* sleep(100);
      return new Response("whole");
    };
    const ended = run(
      use(serve(handler), function* (server) {
        console.log("port " + server.port + ";");
        yield* server.forever();
      }),
      { handleSignals: true },
    );
    await ended.catch((error) => console.log(error.name));
  `);
  let port = 0;
  program.process.stdout?.on("data", (text: string) => {
    port ||= Number(/port (\d+);/.exec(text)?.[1]);
  });
  await program.printed(";");
  await eventually(() => expect(port).toBeGreaterThan(0));
  const client = new Connection(port).get("/");
  await program.printed("handling");
  program.process.kill("SIGTERM");
  await client.got("200 OK", "whole");
  const { stdout, code } = await program.ended;
  expect([code, stdout.split("\n").slice(1)]).toEqual([0, ["handling", "CancelledError", ""]]);
});
