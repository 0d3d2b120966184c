/** TLS: encrypted both ways, with half close; and every certificate that is not right is an error that says why. */
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { type CoroutineBody, createTask, fromPromise, sleep, timeout, use } from "brigade";
import { type ClientTlsOptions, connect, type Connection, listen, SocketTlsError } from "brigade/node";
import { describe, expect, test } from "vitest";
import { dial } from "../../../src/node/sockets/dial.ts";
import { secureAsClient } from "../../../src/node/sockets/tls.ts";
import { certificate } from "../../http/certificate.ts";
import { cancelled } from "../../outcome.ts";
import { errorOf, expectNothingLeft } from "../hostile/leaves-nothing.ts";
import { raw } from "../hostile/peers.ts";

// Real sockets: no virtual time.

function* echo({ reader, writer }: Connection): CoroutineBody<void> {
  for (let piece = yield* reader.read(); piece !== undefined; piece = yield* reader.read()) yield* writer.write(piece);
}

/** A TLS server that echoes, and the error of a client with these options. */
function refusal(tls: boolean | ClientTlsOptions, host = "127.0.0.1"): Promise<Error> {
  let error: Error | undefined;
  return expectNothingLeft(() =>
    use(listen({ port: 0, tls: certificate() }, echo), function* ({ port }) {
      error = yield* errorOf(use(connect({ host, port, tls }), () => sleep(0)));
    }),
  ).then(() => error as Error);
}

describe("TLS", () => {
  test("a connection is encrypted, knows what was agreed on, and each direction ends for itself", async () => {
    const { key, cert } = certificate();
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, tls: { key, cert, ALPNProtocols: ["shout", "echo"] } }, function* (connection) {
          const { reader, writer, tls } = connection;
          yield* writer.end(`${tls?.alpn} ${tls?.servername} ${tls?.authorized}\n`);
          expect(yield* reader.text()).toBe("read after our end");
        }),
        ({ port }) =>
          use(connect({ host: "localhost", port, tls: { ca: cert, ALPNProtocols: ["echo"] } }), function* (connection) {
            const { reader, writer, tls } = connection;
            expect(connection.encrypted).toBe(true);
            expect(tls).toMatchObject({ protocol: "TLSv1.3", alpn: "echo", authorized: true });
            expect(tls?.peerCertificate?.subject.CN).toBe("localhost");
            expect(yield* reader.text()).toBe("echo localhost false\n");
            yield* sleep(10);
            yield* writer.end("read after our end");
          }),
      ),
    );
  });

  test("much goes through in both directions", async () => {
    const { key, cert } = certificate();
    await expectNothingLeft(() =>
      use(listen({ port: 0, tls: { key, cert } }, echo), ({ port }) =>
        use(connect({ host: "127.0.0.1", port, tls: { ca: cert } }), function* ({ reader, writer }) {
          const writing = createTask(writer.end(new Uint8Array(5_000_000).fill(7)));
          const bytes = yield* reader.bytes();
          yield* writing;
          expect(bytes.byteLength).toBe(5_000_000);
          expect(bytes.every((byte) => byte === 7)).toBe(true);
        }),
      ),
    );
  });

  test.each(["TLS", "TCP"])("an end that comes before anybody reads is read as the end, over %s", async (kind) => {
    const tls = kind === "TLS";
    const read: (Uint8Array | undefined)[] = [];
    function* late({ reader }: Connection): CoroutineBody<void> {
      yield* sleep(100); // the end has come by then
      read.push(yield* timeout("5s", reader.read()));
    }
    await expectNothingLeft(() =>
      use(listen({ port: 0, ...(tls && { tls: certificate() }) }, late), function* (server) {
        const client = connect({
          host: "127.0.0.1",
          port: server.port,
          ...(tls && { tls: { ca: certificate().cert } }),
        });
        yield* use(client, ({ writer }) => writer.end());
        while (server.connections > 0) yield* sleep(5);
      }),
    );
    expect(read).toEqual([undefined]);
  });

  test("a certificate that nobody trusts is an error that says so, and what to do", async () => {
    const error = await refusal(true);
    expect(error).toBeInstanceOf(SocketTlsError);
    expect(error).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(error.message).toMatch(
      /^TLS: 127\.0\.0\.1:\d+ has signed its certificate itself: hand that over as tls\.ca to trust it/,
    );
  });

  test("a certificate for another name is an error with both names", async () => {
    const error = await refusal({ ca: certificate().cert, servername: "other.example" });
    expect(error).toMatchObject({ name: "SocketTlsError", code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(error.message).toMatch(
      /^TLS: other\.example \(127\.0\.0\.1:\d+\) has a certificate for another name: .*localhost.*set tls\.servername$/,
    );
  });

  test("options that TLS does not know end the connection with an error", async () => {
    const error = await refusal({ minVersion: "TLSv9" as never });
    expect(error).toMatchObject({ name: "SocketTlsError", code: "ERR_TLS_INVALID_PROTOCOL_VERSION" });
  });

  test("a client that does not check is connected, and knows that it is not authorized", async () => {
    await expectNothingLeft(() =>
      use(listen({ port: 0, tls: certificate() }, echo), ({ port }) =>
        use(connect({ host: "127.0.0.1", port, tls: { rejectUnauthorized: false } }), function* ({ tls }) {
          expect(tls?.authorized).toBe(false);
          yield* sleep(0);
        }),
      ),
    );
  });

  test("a server that does not speak TLS, and one that hangs up, are errors that say so", async () => {
    await expectNothingLeft(function* () {
      for (const [answer, words] of [
        [
          (socket: Socket) =>
            void socket
              .resume()
              .on("error", () => {})
              .write("220 smtp.example ready\r\n"),
          "is not TLS: does it speak TLS on this port?",
        ],
        [
          (socket: Socket) =>
            void socket
              .resume()
              .on("error", () => {})
              .end(),
          "closed the connection during the handshake",
        ],
        [
          (socket: Socket) => void socket.on("error", () => {}).once("data", () => socket.resetAndDestroy()),
          "closed the connection during the handshake",
        ],
      ] as const) {
        const server = createServer(answer);
        yield* fromPromise(new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
        const { port } = server.address() as AddressInfo;
        const error = yield* errorOf(use(connect({ host: "127.0.0.1", port, tls: true }), () => sleep(0)));
        expect(error).toBeInstanceOf(SocketTlsError);
        expect(error.message).toContain(words);
        yield* fromPromise(new Promise((resolve) => server.close(resolve)));
      }
    });
  });

  test("an end that came before the handshake began ends it", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader, writer }) {
          yield* writer.end();
          yield* reader.bytes();
        }),
        function* ({ port }) {
          const socket = yield* dial({ host: "127.0.0.1", port }, "the server");
          yield* sleep(50); // the end comes
          const error = yield* errorOf(timeout("5s", secureAsClient(socket, {}, "the server")));
          expect(error).toMatchObject({ code: "ECONNRESET" });
          socket.destroy();
        },
      ),
    );
  });

  test("a handshake that never ends is ended by the client's timeout, and by its cancellation", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader }) {
          yield* reader.bytes();
        }),
        function* ({ port }) {
          const options = { host: "127.0.0.1", port, tls: true } as const;
          const error = yield* errorOf(use(connect({ ...options, timeout: 30 }), () => sleep(0)));
          expect(error).toMatchObject({ name: "SocketConnectError", code: "ETIMEDOUT" });
          const connecting = createTask(use(connect(options), () => sleep(0)));
          yield* sleep(20);
          expect(yield* cancelled(connecting)).toBe("cancelled");
        },
      ),
    );
  });

  test("a client that does not end its handshake is closed by the server: after handshakeTimeout, and with the server", async () => {
    await expectNothingLeft(function* () {
      yield* use(listen({ port: 0, tls: certificate(), handshakeTimeout: 50 }, echo), function* (server) {
        const socket = yield* fromPromise(raw(server.port));
        const end = new Promise((resolve) =>
          socket
            .resume()
            .on("end", () => socket.end())
            .on("close", resolve),
        );
        yield* timeout("5s", fromPromise(end));
        expect(server).toMatchObject({ failedHandshakes: 1, total: 0 });
      });
      const end = yield* use(listen({ port: 0, tls: certificate() }, echo), function* (server) {
        const socket = yield* fromPromise(raw(server.port));
        yield* sleep(20);
        return new Promise((resolve) =>
          socket
            .resume()
            .on("end", () => socket.end())
            .on("close", resolve),
        );
      });
      yield* timeout("5s", fromPromise(end));
    });
  });

  test("a client that sends no TLS is counted, told to onError, and reported to nobody", async () => {
    const heard: unknown[] = [];
    const speakPlainly = function* (server: { port: number }): CoroutineBody<void> {
      const socket = yield* fromPromise(raw(server.port));
      const closed = new Promise((resolve) =>
        socket
          .resume()
          .on("end", () => socket.end())
          .on("close", resolve),
      );
      socket.write("GET / HTTP/1.1\r\n\r\n");
      yield* timeout("5s", fromPromise(closed));
    };
    await expectNothingLeft(() => use(listen({ port: 0, tls: certificate() }, echo), speakPlainly));
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, tls: certificate(), onError: (error, connection) => heard.push(error, connection) }, echo),
        function* (server) {
          yield* speakPlainly(server);
          expect(server.failedHandshakes).toBe(1);
        },
      ),
    );
    expect(heard).toEqual([expect.any(SocketTlsError), undefined]);
  });

  test("a server asks for certificates of its clients, and those that have none are refused", async () => {
    const { key, cert } = certificate();
    await expectNothingLeft(() =>
      use(
        listen(
          { port: 0, tls: { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true } },
          function* (connection) {
            yield* connection.writer.end(String(connection.tls?.authorized));
            yield* connection.reader.text();
          },
        ),
        function* (server) {
          const options = { host: "127.0.0.1", port: server.port, tls: { ca: cert } };
          const known = use(connect({ ...options, tls: { ca: cert, key, cert } }), ({ reader }) => reader.text());
          expect(yield* known).toBe("true");
          // With TLS 1.3 the client is done before the server has looked at its certificate: it hears of it when it reads.
          const unknown = yield* errorOf(use(connect(options), ({ reader }) => reader.text()));
          expect(["SocketClosedError", "SocketError"]).toContain(unknown.name);
          expect(server).toMatchObject({ failedHandshakes: 1, total: 1 });
        },
      ),
    );
  });

  test("a server needs a key and a certificate that go together", async () => {
    expect(() => listen({ port: 0, tls: {} }, echo)).toThrow("TLS of a server needs `key` and `cert`, both as PEM");
    await expectNothingLeft(function* () {
      const error = yield* errorOf(
        use(listen({ port: 0, tls: { key: "no key", cert: "no cert" } }, echo), () => sleep(0)),
      );
      expect(error).toMatchObject({ name: "SocketListenError" });
      expect(error.message).toContain("the key or the certificate of tls can't be used");
    });
  });
});
