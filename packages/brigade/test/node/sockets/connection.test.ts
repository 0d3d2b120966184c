/** How connections end: in good order, at once, by the other end; and what each end sees of it. */
import { Socket } from "node:net";
import { type CoroutineBody, createTask, Event, fromPromise, gather, sleep, timeout, use } from "brigade";
import { connect, type Connection, listen, SocketClosedError, type SocketServer } from "brigade/node";
import { describe, expect, test } from "vitest";
import { Connection as OwnConnection } from "../../../src/node/sockets/connection.ts";
import { diallingOf } from "../../../src/node/sockets/options.ts";
import { cancelled } from "../../outcome.ts";
import { errorOf, expectNothingLeft } from "../hostile/leaves-nothing.ts";
import { Peer } from "../hostile/peers.ts";

// Real sockets: no virtual time.

/** A server with this handler, and a connection to it. */
function* pair(
  handler: (connection: Connection) => CoroutineBody<unknown>,
  body: (connection: Connection, server: SocketServer) => CoroutineBody<unknown>,
  options: { readonly closeTimeout?: number } = {},
): CoroutineBody<void> {
  yield* use(listen({ port: 0, ...options }, handler), (server) =>
    use(connect({ host: "127.0.0.1", port: server.port, ...options }), (connection) => body(connection, server)),
  );
}

describe("a connection", () => {
  test("closes in good order: all that was written arrives, though nobody awaited it, and the other end's end is waited for", async () => {
    const heard: number[] = [];
    await expectNothingLeft(() =>
      pair(
        function* ({ reader }) {
          heard.push((yield* reader.bytes()).byteLength);
        },
        function* ({ writer }) {
          void writer.write(new Uint8Array(3_000_000)); // more than the system's buffers take at once
          yield* sleep(0);
        },
      ),
    );
    expect(heard).toEqual([3_000_000]);
  });

  test("the handler's last words arrive, though the client has sent what nobody read", async () => {
    await expectNothingLeft(() =>
      pair(
        function* ({ writer }) {
          yield* sleep(20); // what the client sends lies unread in the system: a plain close would reset the connection
          yield* writer.write("go away\n");
        },
        function* ({ reader, writer }) {
          yield* writer.write("x".repeat(50_000));
          expect(yield* reader.text()).toBe("go away\n");
        },
      ),
    );
  });

  test("a cancelled task closes it at once, and what it wrote and the system had not taken is lost", async () => {
    let heard = 0;
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader }) {
          yield* sleep(30);
          heard = (yield* reader.bytes()).byteLength;
        }),
        function* ({ port }) {
          const task = createTask(
            use(connect({ host: "127.0.0.1", port }), function* ({ writer }) {
              yield* writer.write(new Uint8Array(30_000_000));
            }),
          );
          yield* sleep(20);
          const began = performance.now();
          expect(yield* cancelled(task)).toBe("cancelled");
          expect(performance.now() - began).toBeLessThan(1_000); // closing in good order would wait for the other end
          yield* sleep(100);
        },
      ),
    );
    expect(heard).toBeLessThan(30_000_000);
  });

  test("an error in the body closes it at once, and is what use throws", async () => {
    const ended = new Event();
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader }) {
          yield* reader.text();
          ended.set();
        }),
        function* ({ port }) {
          const failing = use(connect({ host: "127.0.0.1", port }), function* (): CoroutineBody<void> {
            throw new RangeError("the body fails");
          });
          expect(yield* errorOf(failing)).toBeInstanceOf(RangeError);
          yield* timeout("5s", ended.wait());
        },
      ),
    );
  });

  test("abort loses the rest, waitClosed waits for it, and both can be called again", async () => {
    await expectNothingLeft(() =>
      pair(
        function* ({ reader }) {
          expect(yield* reader.text()).toBe("");
        },
        function* (connection) {
          const waiting = createTask(connection.waitClosed());
          const left = createTask(connection.waitClosed());
          yield* sleep(1);
          expect([connection.closed, waiting.done]).toEqual([false, false]);
          left.cancel();
          connection.abort();
          connection.abort();
          expect(connection.closed).toBe(true);
          yield* waiting;
          yield* connection.waitClosed();
          yield* connection.close();
          expect(yield* connection.reader.read()).toBe(undefined);
          expect(() => connection.writer.write("x")).toThrow(/closed/);
        },
      ),
    );
  });

  test("closing twice at the same time waits for one end", async () => {
    await expectNothingLeft(() =>
      pair(
        function* ({ reader, writer }) {
          yield* writer.end(yield* reader.bytes());
        },
        function* (connection) {
          yield* connection.writer.write("x");
          yield* gather([connection.close(), connection.close()]);
          expect(connection.closed).toBe(true);
          expect((yield* errorOf(connection.reader.read())).name).toBe("InvalidStateError");
        },
      ),
    );
  });

  test("an end that the other one answers is over when it has", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader, writer }) {
          yield* writer.write(yield* reader.bytes());
        }),
        function* ({ port }) {
          const began = performance.now();
          for (let i = 0; i < 5; i++)
            yield* use(connect({ host: "127.0.0.1", port }), ({ writer }) =>
              writer.write("not read by us when it comes back"),
            );
          expect(performance.now() - began).toBeLessThan(4_000); // a second each, if nobody heard the answer
        },
      ),
    );
  });

  test("an end that the other one does not answer is waited for a second, and no longer", async () => {
    const over = new Event();
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, () => over.wait()),
        function* ({ port }) {
          const began = performance.now();
          yield* use(connect({ host: "127.0.0.1", port }), () => sleep(0));
          expect(performance.now() - began).toBeGreaterThan(900);
          expect(performance.now() - began).toBeLessThan(5_000);
          over.set();
        },
      ),
    );
  });

  test("what can't be sent within closeTimeout is an error that says how much there was", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, grace: 0 }, () => sleep("1h")),
        function* ({ port }) {
          const closing = use(connect({ host: "127.0.0.1", port, closeTimeout: 30 }), function* ({ writer }) {
            void writer.write(new Uint8Array(30_000_000));
            yield* sleep(0);
          });
          const error = yield* errorOf(closing);
          expect(error).toBeInstanceOf(SocketClosedError);
          expect(error.message).toMatch(/of \d+ bytes that were written, not all could be sent within 30 ms/);
        },
      ),
    );
  });

  test("each direction ends for itself: the peer's end is read while writing goes on", async () => {
    await expectNothingLeft(() =>
      pair(
        function* ({ reader, writer }) {
          yield* writer.end("all I have\n");
          expect(yield* reader.text()).toBe("I go on\n");
        },
        function* ({ reader, writer }) {
          expect(yield* reader.text()).toBe("all I have\n");
          yield* sleep(20);
          yield* writer.end("I go on\n");
        },
      ),
    );
  });

  test("a reader takes in no more than its high-water mark, whatever the other end sends", async () => {
    const enough = new Event();
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, highWaterMark: 200_000 }, function* ({ reader, writer }) {
          yield* enough.wait();
          expect(reader.buffered).toBeGreaterThanOrEqual(200_000);
          expect(reader.buffered).toBeLessThan(400_000); // one piece more, of the size that Node reads
          yield* writer.end(String((yield* reader.bytes()).byteLength));
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port }), function* ({ reader, writer }) {
            const pouring = createTask(writer.end(new Uint8Array(20_000_000)));
            yield* sleep(50);
            expect(pouring.done).toBe(false);
            enough.set();
            expect(yield* reader.text()).toBe("20000000");
            yield* pouring;
          }),
      ),
    );
  });

  test("limit bounds the lines of its reader", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, limit: 10 }, function* ({ reader, writer }) {
          const error = yield* errorOf(reader.readLine());
          yield* writer.write(`${error.name} ${error.message}`);
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port }), function* ({ reader, writer }) {
            yield* writer.end("12345678901234567890");
            expect(yield* reader.text()).toMatch(
              /^LimitOverrunError connection from 127\.0\.0\.1:\d+: more than 10 bytes/,
            );
          }),
      ),
    );
  });

  test("the reader and the writer throw the same error of the connection", async () => {
    await expectNothingLeft(function* () {
      const peer = yield* fromPromise(
        Peer.start((socket) => void socket.write("x", () => setTimeout(() => socket.resetAndDestroy(), 20))),
      );
      try {
        yield* use(connect(peer.address), function* ({ reader, writer }) {
          const read = yield* errorOf(reader.readExactly(100));
          expect(read).toBeInstanceOf(SocketClosedError);
          expect(read.message).toMatch(
            /^connection to 127\.0\.0\.1:\d+: the other end reset the connection \(ECONNRESET\)$/,
          );
          expect(reader.atEnd).toBe(false); // what came before is still there
          expect(() => writer.write("y")).toThrow(read);
          expect(yield* errorOf(writer.drain())).toBe(read);
          expect(Buffer.from((yield* reader.read()) as Uint8Array).toString()).toBe("x");
          expect(yield* errorOf(reader.read())).toBe(read);
        });
      } finally {
        yield* fromPromise(peer[Symbol.asyncDispose]());
      }
    });
  });

  test("a writer that is first looked at when the connection has failed throws that, too", async () => {
    await expectNothingLeft(function* () {
      const peer = yield* fromPromise(Peer.start((socket) => void setTimeout(() => socket.resetAndDestroy(), 5)));
      try {
        yield* use(connect(peer.address), function* (connection) {
          const failure = yield* errorOf(connection.reader.read());
          expect(failure).toBeInstanceOf(SocketClosedError);
          expect(() => connection.writer.write("y")).toThrow(failure);
        });
      } finally {
        yield* fromPromise(peer[Symbol.asyncDispose]());
      }
    });
  });

  test("a socket that failed before its connection was made fails what is read and written", async () => {
    const socket = new Socket();
    socket.on("error", () => {});
    socket.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    const { connection: settings } = diallingOf({ port: 1 });
    await expectNothingLeft(function* () {
      yield* sleep(0);
      const connection = new OwnConnection(
        socket,
        settings,
        { host: "::1", port: 1, family: "IPv6" },
        "the connection",
      );
      const failure = yield* errorOf(connection.reader.read());
      expect(failure).toMatchObject({ name: "SocketClosedError", code: "ECONNRESET", address: "[::1]:1" });
      expect(() => connection.writer.write("x")).toThrow(failure);
      yield* connection.close();
    });
  });
});
