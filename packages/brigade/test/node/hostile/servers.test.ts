/** Servers whose clients vanish, are silent, and do not read, and whose start is cut off: they work on, and leave nothing. */
import type { Socket } from "node:net";
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  fromPromise,
  gather,
  sleep,
  timeout,
  use,
} from "brigade";
import { connect, type Connection, listen, type SocketServer } from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { descriptors } from "../left.ts";
import { expectNothingLeft, reportsOf } from "./leaves-nothing.ts";
import { raw } from "./peers.ts";

// Real sockets: no virtual time.

const MEGABYTE = 1024 * 1024;

/** A server of ours with this handler, and the body that bothers it. */
function* serving(
  handler: (connection: Connection) => CoroutineBody<unknown>,
  body: (port: number, server: SocketServer) => CoroutineBody<unknown>,
  backlog = 511,
): CoroutineBody<void> {
  yield* use(listen({ host: "127.0.0.1", port: 0, backlog }, coroutine(handler)), function* (server) {
    yield* coroutine(body)(server.port, server);
  });
}

function* echo({ reader, writer }: Connection): CoroutineBody<void> {
  for (let line = yield* reader.readLine(); line !== undefined; line = yield* reader.readLine()) {
    yield* writer.write(`${line}\n`);
  }
}

const works: (port: number) => Coroutine<void> = coroutine(function* works(port: number): CoroutineBody<void> {
  yield* use(connect({ host: "127.0.0.1", port }), function* ({ reader, writer }) {
    yield* writer.write("still there?\n");
    expect(yield* reader.readLine()).toBe("still there?");
  });
});

test("2,000 connections at once that vanish: the server ends their handlers, holds nothing, and works", async () => {
  await expectNothingLeft(() =>
    serving(
      echo,
      function* (port, server) {
        const idle = descriptors().length;
        const sockets = yield* fromPromise(Promise.all(Array.from({ length: 2_000 }, () => raw(port))));
        for (const [i, socket] of sockets.entries()) {
          if (i % 4 === 1) socket.write("half a li");
          if (i % 4 === 2) socket.write("a line\nand half a li");
          if (i % 4 === 3) socket.end("bye");
          else if (i % 8 < 4) socket.resetAndDestroy();
        }
        yield* sleep(1);
        for (const socket of sockets) socket.destroy();
        for (let i = 0; i < 2_000 && (server.connections > 0 || server.total < 2_000); i++) yield* sleep(5);
        expect(server).toMatchObject({ connections: 0, total: 2_000 });
        expect(descriptors().length).toBeLessThanOrEqual(idle);
        yield* works(port);
      },
      4_096,
    ),
  );
});

test("a handler that throws ends its connection alone and is reported", async () => {
  const reports = await reportsOf(() =>
    serving(
      function* ({ reader }) {
        yield* reader.readLine();
        throw new RangeError("the handler fails");
      },
      function* (port) {
        const socket = yield* fromPromise(raw(port));
        const ended = new Promise((resolve) => socket.on("end", resolve));
        socket.resume().write("go\n");
        yield* timeout("5s", fromPromise(ended));
        socket.destroy();
        const another = yield* fromPromise(raw(port));
        expect(another.destroyed).toBe(false);
        another.destroy();
        yield* sleep(20);
      },
    ),
  );
  expect(reports.map(({ error }) => String(error))).toContain("RangeError: the handler fails");
});

test("a server that is left while peers are connected, silent, and do not read: bounded, and nothing is left", async () => {
  const sockets: Socket[] = [];
  const began = performance.now();
  await expectNothingLeft(() =>
    serving(
      function* ({ writer, reader }) {
        yield* writer.write(new Uint8Array(5 * MEGABYTE));
        yield* reader.readLine();
      },
      function* (port, server) {
        for (let i = 0; i < 20; i++) {
          const socket = yield* fromPromise(raw(port));
          socket.pause();
          sockets.push(socket);
        }
        yield* sleep(50);
        expect(server.connections).toBe(20);
        setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, 8_000).unref();
        yield* server.close({ grace: 200 });
        expect(server.connections).toBe(0);
        expect(performance.now() - began).toBeLessThan(5_000);
        for (const socket of sockets) socket.destroy();
      },
    ),
  );
}, 30_000);

test("connecting and leaving at every moment leaves no socket, on either side", async () => {
  await expectNothingLeft(() =>
    serving(echo, function* (port, server) {
      const once = coroutine(function* (moment: number): CoroutineBody<void> {
        const task = createTask(
          use(connect({ host: "127.0.0.1", port }), function* ({ reader, writer }) {
            for (;;) {
              yield* writer.write("ping\n");
              yield* reader.readLine();
            }
          }),
        );
        for (let i = 0; i < moment; i++) yield* sleep(0);
        yield* cancelled(task);
      });
      yield* gather(
        Array.from({ length: 60 }, (_, i) => once(i)),
        { limit: 6 },
      );
      for (let i = 0; i < 400 && server.connections > 0; i++) yield* sleep(5);
      expect(server.connections).toBe(0);
      yield* works(port);
    }),
  );
});

test("a listener whose start is cancelled at any moment listens no more, though its host is looked up still", async () => {
  await expectNothingLeft(function* () {
    for (const host of ["127.0.0.1", "localhost"]) {
      for (let moment = 0; moment < 12; moment++) {
        const port = yield* freePort();
        const task = createTask(use(listen({ host, port }, coroutine(echo)), () => sleep("1h")));
        for (let i = 0; i < moment; i++) yield* sleep(0);
        expect(yield* cancelled(task)).toBe("cancelled");
        yield* sleep(10); // the lookup comes back
        const again = coroutine(function* (): CoroutineBody<number> {
          return yield* use(listen({ host, port }, coroutine(echo)), function* (server) {
            return server.port;
          });
        });
        expect(yield* again()).toBe(port); // nobody holds it
      }
    }
  });
});

const freePort: () => Coroutine<number> = coroutine(function* freePort(): CoroutineBody<number> {
  return yield* use(listen({ host: "127.0.0.1", port: 0 }, coroutine(echo)), function* (server) {
    return server.port;
  });
});
