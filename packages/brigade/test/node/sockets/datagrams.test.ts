/** Datagrams: sent and received one by one, bounded, and what the system says about them. */
import {
  type Coroutine,
  type CoroutineBody,
  collect,
  coroutine,
  createTask,
  forEach,
  gather,
  sleep,
  timeout,
  use,
} from "brigade";
import { datagrams, type DatagramSocket, SocketError } from "brigade/node";
import { describe, expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { errorOf, expectNothingLeft } from "../hostile/leaves-nothing.ts";

// Real sockets: no virtual time.

const textFrom: (socket: DatagramSocket) => Coroutine<string> = coroutine(function* textFrom(
  socket: DatagramSocket,
): CoroutineBody<string> {
  return Buffer.from((yield* timeout("5s", socket.receive())).data).toString();
});

/** Waits until that many datagrams have come. */
const buffered: (socket: DatagramSocket, count: number) => Coroutine<void> = coroutine(function* buffered(
  socket: DatagramSocket,
  count: number,
): CoroutineBody<void> {
  yield* timeout("5s", function* () {
    while (socket.buffered + socket.dropped < count) yield* sleep(1);
  });
});

describe("datagrams", () => {
  test("what is sent arrives, with its sender, over IPv4 and IPv6", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      await expectNothingLeft(() =>
        use(datagrams({ host }), (server) =>
          use(datagrams({ connect: server.address }), function* (client) {
            expect(client.remoteAddress).toEqual(server.address);
            yield* client.send("grüße");
            const { data, host: from, port } = yield* timeout("5s", server.receive());
            expect([Buffer.from(data).toString(), from, port]).toEqual(["grüße", host, client.address.port]);
            yield* server.send(Buffer.from([1, 2, 3]), { host: from, port });
            expect([...(yield* timeout("5s", client.receive())).data]).toEqual([1, 2, 3]);
          }),
        ),
      );
    }
  });

  test("what finds the buffer full is dropped, and counted; what came before is kept, in order", async () => {
    await expectNothingLeft(() =>
      use(datagrams({ queue: 3 }), (server) =>
        use(datagrams(), function* (client) {
          for (let i = 0; i < 10; i++) yield* client.send(String(i), server.address);
          yield* buffered(server, 10);
          expect(server).toMatchObject({ buffered: 3, dropped: 7 });
          const texts = [yield* textFrom(server), yield* textFrom(server), yield* textFrom(server)];
          expect(texts).toEqual(["0", "1", "2"]);
          yield* client.send("room again", server.address);
          expect(yield* textFrom(server)).toBe("room again");
        }),
      ),
    );
  });

  test("several tasks receive, first come, first served", async () => {
    await expectNothingLeft(() =>
      use(datagrams(), function* (server) {
        const waiting = ["a", "b", "c"].map((name) => createTask(textFrom(server), { name }));
        yield* sleep(1);
        for (let i = 0; i < 3; i++) yield* server.send(String(i), server.address);
        expect(yield* gather(waiting)).toEqual(["0", "1", "2"]);
      }),
    );
  });

  test("a receive that is cancelled in the moment a datagram comes leaves it to the next", async () => {
    await expectNothingLeft(() =>
      use(datagrams(), function* (server) {
        const first = createTask(server.receive());
        const second = createTask(textFrom(server));
        yield* sleep(1);
        yield* server.send("only one", server.address);
        while (server.buffered === 0) yield* sleep(0);
        expect(first.done).toBe(false); // woken, and not gone on
        expect(yield* cancelled(first)).toBe("cancelled");
        expect(yield* second).toBe("only one");
      }),
    );
  });

  test("a datagram that another task took first is waited for again", async () => {
    await expectNothingLeft(() =>
      use(datagrams(), function* (server) {
        const waiting = createTask(textFrom(server));
        yield* sleep(1);
        yield* server.send("one", server.address);
        while (server.buffered === 0) yield* sleep(0);
        expect(yield* textFrom(server)).toBe("one");
        yield* sleep(1);
        expect(waiting.done).toBe(false);
        yield* server.send("two", server.address);
        expect(yield* waiting).toBe("two");
      }),
    );
  });

  test("as a stream, it ends when the socket is closed; who receives then is told", async () => {
    await expectNothingLeft(function* () {
      const [texts, all, error] = yield* use(datagrams(), function* (server) {
        const seen: string[] = [];
        const reading = createTask(
          forEach(server.stream(), ({ data }) => void seen.push(Buffer.from(data).toString())),
        );
        for (let i = 0; i < 3; i++) yield* server.send(String(i), server.address);
        while (seen.length < 3) yield* sleep(1);
        return [seen, reading, createTask(errorOf(server.receive()))] as const;
      });
      yield* all;
      expect(texts).toEqual(["0", "1", "2"]);
      expect((yield* error).message).toMatch(/^the datagram socket 127\.0\.0\.1:\d+ was closed$/);
    });
  });

  test("what came before the socket was closed can be collected", async () => {
    await expectNothingLeft(function* () {
      const socket = yield* use(datagrams(), function* (server) {
        yield* server.send("a", server.address);
        yield* server.send("b", server.address);
        yield* buffered(server, 2);
        return server;
      });
      const left = yield* collect(socket.stream());
      expect(left.map(({ data }) => Buffer.from(data).toString())).toEqual(["a", "b"]);
      expect(yield* errorOf(socket.send("c", { port: 9 }))).toMatchObject({ name: "InvalidStateError" });
    });
  });

  test("where nobody listens, a connected socket is told", async () => {
    await expectNothingLeft(function* () {
      const port = yield* use(datagrams(), function* ({ address }) {
        yield* sleep(0);
        return address.port;
      });
      yield* use(datagrams({ connect: { port } }), function* (client) {
        yield* client.send("anybody?");
        const error = yield* errorOf(timeout("5s", client.receive()));
        expect(error).toBeInstanceOf(SocketError);
        expect(error).toMatchObject({ code: "ECONNREFUSED", address: `127.0.0.1:${port}` });
      });
    });
  });

  test("a datagram that is too large, a host that is not known, a broadcast that is not allowed are errors with words", async () => {
    await expectNothingLeft(() =>
      use(datagrams(), function* (socket) {
        const large = yield* errorOf(socket.send(new Uint8Array(70_000), socket.address));
        expect(large).toMatchObject({ name: "SocketError", code: "EMSGSIZE" });
        const unknown = yield* errorOf(socket.send("x", { host: "no.such.host.invalid", port: 9 }));
        expect(unknown.message).toMatch(/^no\.such\.host\.invalid:9: /);
        const broadcast = yield* errorOf(socket.send("x", { host: "255.255.255.255", port: 9 }));
        expect(broadcast.message).toContain("set `broadcast`");
        const used = yield* errorOf(use(datagrams({ port: socket.address.port }), () => sleep(0)));
        expect(used).toMatchObject({ name: "SocketListenError", code: "EADDRINUSE" });
        expect(() => socket.join("127.0.0.1")).toThrow(SocketError);
      }),
    );
  });

  test("members of a group receive what is sent to it", async () => {
    const multicast = { group: "239.1.2.3", interface: "127.0.0.1" };
    await expectNothingLeft(() =>
      use(datagrams({ multicast, reuseAddress: true }), (first) =>
        use(datagrams({ multicast, reuseAddress: true, port: first.address.port }), function* (second) {
          yield* first.send("to all", { host: multicast.group, port: first.address.port });
          expect(yield* gather([textFrom(first), textFrom(second)])).toEqual(["to all", "to all"]);
          second.leave(multicast.group, multicast.interface);
          yield* first.send("to those who stayed", { host: multicast.group, port: first.address.port });
          expect(yield* textFrom(first)).toBe("to those who stayed");
        }),
      ),
    );
  });

  test("opening that is cancelled at any moment leaves no socket", async () => {
    let cancellations = 0;
    await expectNothingLeft(function* () {
      for (let moment = 0; moment < 20; moment++) {
        const opening = createTask(
          use(datagrams({ host: "localhost", connect: { host: "localhost", port: 9 } }), function* (socket) {
            yield* socket.send("x");
            yield* socket.receive();
          }),
        );
        for (let i = 0; i < moment; i++) yield* sleep(0);
        const outcome = yield* cancelled(opening);
        if (outcome === "cancelled") cancellations++;
        else expect(outcome).toMatchObject({ error: { code: "ECONNREFUSED" } });
      }
    });
    expect(cancellations).toBeGreaterThan(3);
  });

  test("wrong options and arguments throw at once", async () => {
    expect(() => datagrams({ port: -1 })).toThrow(RangeError);
    expect(() => datagrams({ queue: 0 })).toThrow("datagrams: queue is 0; it has to be a whole number ≥ 1");
    expect(() => datagrams({ connect: { port: 0 } })).toThrow(RangeError);
    expect(() => datagrams({ multicast: {} as never })).toThrow("multicast needs a group");
    await expectNothingLeft(() =>
      use(datagrams(), (server) =>
        use(datagrams({ connect: server.address }), function* (client) {
          expect(() => server.send("x")).toThrow("it needs a target");
          expect(() => client.send("x", server.address)).toThrow("sends nowhere else");
          expect(() => client.send(5 as never)).toThrow("send takes a string or a Uint8Array, not 5");
          yield* sleep(0);
        }),
      ),
    );
  });
});
