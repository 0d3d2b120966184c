/** TLS on a connection that began without: what was agreed on in the open is not taken for encrypted, and reader and writer go on. */
import { type CoroutineBody, createTask, sleep, use } from "brigade";
import { connect, type Connection, listen, SocketTlsError, startTls } from "brigade/node";
import { describe, expect, test } from "vitest";
import { certificate } from "../../http/certificate.ts";
import { cancelled } from "../../outcome.ts";
import { errorOf, expectNothingLeft, reportsOf } from "../hostile/leaves-nothing.ts";

// Real sockets: no virtual time.

/** A server that encrypts when it is asked to, and then echoes. */
function* mail(connection: Connection): CoroutineBody<void> {
  const { reader, writer } = connection;
  yield* writer.write("220 ready\r\n");
  if ((yield* reader.readLine()) !== "STARTTLS") return;
  yield* writer.write("220 go ahead\r\n");
  yield* startTls(connection, certificate());
  for (let line = yield* reader.readLine(); line !== undefined; line = yield* reader.readLine())
    yield* writer.write(`${line} ${connection.encrypted}\n`);
}

function* agree({ reader, writer }: Connection): CoroutineBody<void> {
  expect(yield* reader.readLine()).toBe("220 ready");
  yield* writer.write("STARTTLS\n");
  expect(yield* reader.readLine()).toBe("220 go ahead");
}

describe("startTls", () => {
  test("encrypts from there on, both ways, with the same reader and writer", async () => {
    const { cert } = certificate();
    await expectNothingLeft(() =>
      use(listen({ port: 0 }, mail), ({ port }) =>
        use(connect({ host: "localhost", port }), function* (connection) {
          const { reader, writer } = connection;
          yield* agree(connection);
          expect(connection.encrypted).toBe(false);
          yield* startTls(connection, { ca: cert });
          expect(connection).toMatchObject({ encrypted: true, tls: { protocol: "TLSv1.3", authorized: true } });
          const long = "x".repeat(60_000);
          for (const line of ["hello", long, "again"]) {
            yield* writer.write(`${line}\n`);
            expect(yield* reader.readLine({ limit: 100_000 })).toBe(`${line} true`);
          }
          yield* writer.end();
          expect(yield* reader.read()).toBe(undefined);
        }),
      ),
    );
  });

  test("what was written before it is sent in the open, however much it is", async () => {
    const { cert } = certificate();
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* (connection) {
          const { reader } = connection;
          expect((yield* reader.readExactly(5_000_000)).byteLength).toBe(5_000_000);
          yield* startTls(connection, certificate());
          expect(yield* reader.readLine()).toBe("secret");
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port }), function* (connection) {
            void connection.writer.write(new Uint8Array(5_000_000));
            yield* startTls(connection, { ca: cert });
            yield* connection.writer.write("secret\n");
          }),
      ),
    );
  });

  test("a certificate that is not trusted closes the connection, and the reader and writer say so", async () => {
    const reports = await reportsOf(() =>
      use(listen({ port: 0, onError: () => {} }, mail), ({ port }) =>
        use(connect({ host: "127.0.0.1", port }), function* (connection) {
          yield* agree(connection);
          const error = yield* errorOf(startTls(connection));
          expect(error).toBeInstanceOf(SocketTlsError);
          expect(error.message).toContain("has signed its certificate itself");
          expect(connection.closed).toBe(true);
          expect((yield* errorOf(connection.reader.read())).name).toBe("SocketError");
          expect(() => connection.writer.write("secret")).toThrow(/closed|certificate/);
        }),
      ),
    );
    expect(reports).toEqual([]);
  });

  test("bytes that came in the open and were not read are refused: somebody may have put them there", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader, writer }) {
          yield* writer.write("220 go ahead\r\n250 injected\r\n");
          yield* reader.text();
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port }), function* (connection) {
            expect(yield* connection.reader.readLine()).toBe("220 go ahead");
            const error = yield* errorOf(startTls(connection));
            expect(error).toMatchObject({ name: "InvalidStateError" });
            expect(error.message).toContain("has sent 14 bytes that were not read: they are not encrypted");
            expect(yield* connection.reader.readLine()).toBe("250 injected");
          }),
      ),
    );
  });

  test("a connection that is read, encrypted already or closed can't be encrypted", async () => {
    const { key, cert } = certificate();
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, tls: { key, cert } }, function* ({ reader }) {
          yield* reader.text();
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port, tls: { ca: cert } }), function* (connection) {
            expect((yield* errorOf(startTls(connection))).message).toContain("is encrypted already");
          }),
      ),
    );
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* (connection) {
          expect(() => startTls(connection)).toThrow("TLS of a server needs `key` and `cert`");
          yield* connection.reader.readLine();
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port }), function* (connection) {
            const reading = createTask(connection.reader.read());
            yield* sleep(0);
            yield* sleep(0);
            expect((yield* errorOf(startTls(connection))).message).toContain("is being read");
            reading.cancel();
            yield* sleep(1);
            yield* connection.writer.write("end\n");
            expect(yield* connection.reader.read()).toBe(undefined);
            expect((yield* errorOf(startTls(connection))).message).toContain("was ended by its other end");
            connection.abort();
            expect((yield* errorOf(startTls(connection))).message).toContain("is closed");
          }),
      ),
    );
  });

  test("a handshake that is cancelled closes the connection", async () => {
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, function* ({ reader }) {
          yield* reader.bytes();
        }),
        ({ port }) =>
          use(connect({ host: "127.0.0.1", port }), function* (connection) {
            const starting = createTask(startTls(connection));
            yield* sleep(20);
            expect(yield* cancelled(starting)).toBe("cancelled");
            expect(connection.closed).toBe(true);
            yield* connection.waitClosed();
          }),
      ),
    );
  });
});
