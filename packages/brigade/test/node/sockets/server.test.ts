/** A server: a task for each connection, in its own trouble alone; how many at once; and how all of them end with it. */
import type { Socket } from "node:net";
import { type CoroutineBody, ContextVar, coroutine, createTask, currentTask, fromPromise, sleep, use } from "brigade";
import { type Connection, listen, type SocketServer } from "brigade/node";
import { describe, expect, test } from "vitest";

import { errorOf, expectNothingLeft, reportsOf } from "../hostile/leaves-nothing.ts";
import { raw } from "../hostile/peers.ts";
import { ask, echo, until } from "./asking.ts";

// Real sockets: no virtual time, but where it is asked for.

describe("listen", () => {
  test("each connection is a task of its own, named after it, with the context of the server", async () => {
    const variable = new ContextVar<string>("who");
    const names: string[] = [];
    await expectNothingLeft(function* () {
      variable.set("the server's");
      const handler = function* (connection: Connection): CoroutineBody<void> {
        names.push(currentTask().name);
        const before = variable.get();
        variable.set("a connection's");
        yield* connection.writer.write(`${before} ${connection.remoteAddress.port}`);
        yield* connection.reader.text();
      };
      yield* use(listen({ port: 0 }, handler), function* (server) {
        for (let i = 0; i < 2; i++) {
          const [, port] = /^the server's (\d+)$/.exec(yield* ask(server, "")) ?? [];
          expect(names[i]).toBe(`connection from 127.0.0.1:${port}`);
        }
        yield* until(() => server.connections === 0);
        expect(server).toMatchObject({ total: 2, connections: 0, waiting: 0, refused: 0, closing: false });
      });
    });
  });

  test("a handler may be an async function; one that gives nothing to await is reported", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, async ({ writer }) => {
          await Promise.resolve();
          void writer.write("promised");
        }),
        function* (server) {
          expect(yield* ask(server, "")).toBe("promised");
        },
      ),
    );
    const reports = await reportsOf(() => use(listen({ port: 0 }, (() => 5) as never), (server) => ask(server, "")));
    expect(reports.map(({ error }) => String(error))).toEqual([
      "TypeError: the handler of listen takes a coroutine or something else that can be awaited, not 5",
    ]);
  });

  test("what a handler throws is reported with the server's address, and ends its connection alone", async () => {
    let port = 0;
    const reports = await reportsOf(() =>
      use(
        listen({ port: 0 }, function* (connection) {
          const text = yield* connection.reader.text();
          if (text === "fail") throw new RangeError("the handler fails");
          yield* connection.writer.write(text);
        }),
        function* (server) {
          ({ port } = server);
          const staying = createTask(ask(server, "stay"));
          expect(yield* ask(server, "fail")).toBe("");
          expect(yield* staying).toBe("stay");
          expect(yield* ask(server, "again")).toBe("again");
        },
      ),
    );
    expect(reports.map(({ kind, message, error }) => [kind, message, String(error)])).toEqual([
      ["callback-error", `the handler of 127.0.0.1:${port} failed`, "RangeError: the handler fails"],
    ]);
  });

  test("that its peer broke the connection is nothing to report, but onError hears of it", async () => {
    const heard: unknown[] = [];
    const reset = coroutine(function* (server: SocketServer): CoroutineBody<void> {
      const socket: Socket = yield* fromPromise(raw(server.port));
      yield* until(() => server.connections === 1);
      socket.resetAndDestroy();
      yield* until(() => server.connections === 0);
    });
    await expectNothingLeft(() => use(listen({ port: 0 }, echo), reset));
    await expectNothingLeft(() =>
      use(
        listen(
          { port: 0, onError: (error, connection) => heard.push((error as Error).name, connection?.closed) },
          echo,
        ),
        reset,
      ),
    );
    expect(heard).toEqual(["SocketClosedError", true]);
  });

  test("an onError that throws is reported", async () => {
    const onError = (): void => {
      throw new TypeError("onError fails");
    };
    const reports = await reportsOf(() =>
      use(
        listen({ port: 0, onError }, function* (): CoroutineBody<void> {
          throw new Error("first");
        }),
        (server) => ask(server, ""),
      ),
    );
    expect(reports.map(({ message, error }) => [message.replace(/\d+ /, ""), String(error)])).toEqual([
      [expect.stringMatching(/^onError of the handler of 127.0.0.1:/), "TypeError: onError fails"],
    ]);
  });

  test("with maxConnections the others wait for their turn, in order, and those above the queue are refused", async () => {
    let running = 0;
    let most = 0;
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, maxConnections: 2, queue: 3 }, function* ({ reader, writer }) {
          most = Math.max(most, ++running);
          yield* writer.write(`${(yield* reader.readLine()) ?? ""}!`);
          running--;
        }),
        function* (server) {
          const sockets: Socket[] = [];
          for (let i = 0; i < 6; i++) {
            sockets.push(yield* fromPromise(raw(server.port)));
            yield* until(() => server.connections + server.waiting + server.refused === i + 1);
          }
          expect(server).toMatchObject({ connections: 2, waiting: 3, refused: 1 });
          const texts = sockets.map(async (socket) => (await socket.toArray()).join(""));
          for (const [i, socket] of sockets.entries()) if (!socket.destroyed) socket.end(`${i}\n`);
          expect(yield* fromPromise(Promise.all(texts))).toEqual(["0!", "1!", "2!", "3!", "4!", ""]);
          expect(most).toBe(2);
          yield* until(() => server.connections === 0);
          expect(server).toMatchObject({ total: 5, waiting: 0 });
        },
      ),
    );
  });

  test("a client that goes away while it waits for its turn is no trouble to anybody", async () => {
    await expectNothingLeft(() =>
      use(listen({ port: 0, maxConnections: 1 }, echo), function* (server) {
        const first = yield* fromPromise(raw(server.port));
        const second = yield* fromPromise(raw(server.port));
        yield* until(() => server.waiting === 1);
        second.resetAndDestroy();
        yield* sleep(10);
        first.destroy();
        yield* until(() => server.connections === 0);
        expect(yield* ask(server, "still there?")).toBe("still there?");
      }),
    );
  });

  test("a port in use, an address of another machine, and a name that is none are errors with words", async () => {
    await expectNothingLeft(() =>
      use(listen({ port: 0 }, echo), function* ({ port }) {
        const used = yield* errorOf(use(listen({ port }, echo), () => sleep(0)));
        expect(used).toMatchObject({ name: "SocketListenError", code: "EADDRINUSE", address: `127.0.0.1:${port}` });
        expect(used.message).toContain("choose another port (0 takes a free one)");
        const other = yield* errorOf(use(listen({ port: 0, host: "192.0.2.1" }, echo), () => sleep(0)));
        expect(other.message).toBe("listen: 192.0.2.1 is not an address of this machine");
        const none = yield* errorOf(use(listen({ port: 0, host: "no.such.host.invalid" }, echo), () => sleep(0)));
        expect(none.message).toBe('listen: the host "no.such.host.invalid" can\'t be found');
      }),
    );
  });

  test("each use needs a listen of its own", async () => {
    await expectNothingLeft(function* () {
      const manager = listen({ port: 0 }, echo);
      yield* use(manager, (server) => ask(server, "x"));
      expect((yield* errorOf(use(manager, () => sleep(0)))).message).toContain("call listen() for each use");
    });
  });
});
