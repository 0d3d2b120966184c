/** Connecting: to names and addresses of both families, to Unix sockets; what can't be reached is an error with words. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CoroutineBody, coroutine, createTask, getRunningLoop, sleep, timeout, use } from "brigade";
import { connect, type Connection, listen, SocketConnectError } from "brigade/node";
import { describe, expect, test } from "vitest";
import { dial } from "../../../src/node/sockets/dial.ts";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf, expectNothingLeft } from "../hostile/leaves-nothing.ts";

// Real sockets: no virtual time, but where nothing is sent.

function* echo({ reader, writer }: Connection): CoroutineBody<void> {
  for (let piece = yield* reader.read(); piece !== undefined; piece = yield* reader.read()) yield* writer.write(piece);
}

const works = coroutine(function* works({ reader, writer }: Connection): CoroutineBody<void> {
  yield* writer.write("hello\n");
  expect(yield* reader.readLine()).toBe("hello");
});

/** Takes connections in its backlog, as many as it likes, and never answers: 192.0.2.0/24 is nobody's (RFC 5737). */
const SILENT = "192.0.2.1";

describe("connect", () => {
  test("both ends know their addresses, and the one is the other's", async () => {
    let seen: Connection["remoteAddress"] | undefined;
    await expectNothingLeft(() =>
      use(
        listen({ port: 0 }, (connection) => {
          seen = connection.remoteAddress;
          expect(connection.localAddress.host).toBe("127.0.0.1");
          return coroutine(echo)(connection);
        }),
        (server) =>
          use(connect({ host: "127.0.0.1", port: server.port }), function* (connection) {
            yield* works(connection);
            expect(connection.remoteAddress).toEqual({ host: "127.0.0.1", port: server.port, family: "IPv4" });
            expect(connection.localAddress).toEqual(seen);
            expect(connection).toMatchObject({
              encrypted: false,
              tls: undefined,
              closed: false,
              bytesRead: 6,
              bytesWritten: 6,
            });
          }),
      ),
    );
  });

  test("a name with an address of each family is reached by either: the one that nobody listens on costs nothing", async () => {
    const addresses = [
      { address: "::1", family: 6 as const },
      { address: "127.0.0.1", family: 4 as const },
    ];
    await expectNothingLeft(function* () {
      for (const host of ["::1", "127.0.0.1"]) {
        yield* use(listen({ host, port: 0 }, echo), function* ({ port }) {
          const options = { host: "both.example", port, lookup: () => sleep(0, addresses) };
          yield* use(connect(options), function* (connection) {
            expect(connection.remoteAddress.host).toBe(host);
            yield* works(connection);
          });
          if (host === "::1") {
            const refused = yield* errorOf(use(connect({ ...options, family: 4 }), works));
            expect(refused).toMatchObject({ code: "ECONNREFUSED" });
          }
        });
      }
    });
  });

  test("an address that does not answer delays by the attempt delay, and is given up", async () => {
    const lookup = () =>
      sleep(0, [
        { address: SILENT, family: 4 as const },
        { address: "127.0.0.1", family: 4 as const },
      ]);
    await expectNothingLeft(() =>
      use(listen({ port: 0 }, echo), function* ({ port }) {
        const began = performance.now();
        yield* use(connect({ host: "slow.example", port, lookup, attemptDelay: 60 }), works);
        const took = performance.now() - began;
        // Where there is no route at all, the first attempt fails at once.
        expect(took).toBeLessThan(2_000);
      }),
    );
  });

  test("when no address does, the error names each with its reason", async () => {
    const lookup = () =>
      sleep(0, [
        { address: "::1", family: 6 as const },
        { address: "127.0.0.1", family: 4 as const },
      ]);
    await expectNothingLeft(function* () {
      const error = (yield* errorOf(
        use(connect({ host: "both.example", port: 1, lookup }), works),
      )) as SocketConnectError;
      expect(error).toBeInstanceOf(SocketConnectError);
      expect(error).toMatchObject({ code: "ECONNREFUSED", address: "both.example:1" });
      expect(error.attempts.map(({ address }) => address)).toEqual(["[::1]:1", "127.0.0.1:1"]);
      expect(error.message).toBe(
        "connect: no connection to both.example:1: none of its addresses did: [::1]:1: nothing listens there (ECONNREFUSED); 127.0.0.1:1: nothing listens there (ECONNREFUSED)",
      );
    });
  });

  test("a host that is not known, or has no address of the family, is an error of connect's", async () => {
    await expectNothingLeft(function* () {
      const unknown = yield* errorOf(use(connect({ host: "no.such.host.invalid", port: 80 }), works));
      expect(unknown).toBeInstanceOf(SocketConnectError);
      expect(unknown.message).toContain('the host "no.such.host.invalid" can\'t be');
      const lookup = () => sleep(0, [{ address: "127.0.0.1", family: 4 as const }]);
      const none = yield* errorOf(use(connect({ host: "four.example", port: 80, family: 6, lookup }), works));
      expect(none).toMatchObject({
        name: "SocketConnectError",
        code: "ENOTFOUND",
        message: 'connect: "four.example" has no IPv6 address',
      });
    });
  });

  test("a lookup that takes for ever is left when the timeout is over: in virtual time, after exactly 30 s", async () => {
    await virtually(function* () {
      const lookup = () => sleep(Infinity, []);
      const error = yield* errorOf(use(connect({ host: "never.example", port: 80, lookup }), works));
      expect(error).toMatchObject({ name: "SocketConnectError", code: "ETIMEDOUT" });
      expect(error.message).toBe("connect: no connection to never.example:80 within 30000 ms");
      expect(getRunningLoop().time()).toBe(30_000);
    });
  });

  test("a cancelled attempt is given up, whatever it waits for", async () => {
    await expectNothingLeft(function* () {
      for (const host of [SILENT, "localhost", "no.such.host.invalid"]) {
        const connecting = createTask(use(connect({ host, port: 1 }), () => sleep("1h")));
        yield* sleep(1);
        const began = performance.now();
        const outcome = yield* cancelled(connecting);
        expect(performance.now() - began).toBeLessThan(1_000);
        if (typeof outcome === "object") expect(outcome).toMatchObject({ error: { name: "SocketConnectError" } });
      }
      yield* sleep(50); // the system's lookup comes back
    });
  });

  test("an attempt that never ends is closed when it is cancelled", async () => {
    await expectNothingLeft(function* () {
      const silent = dial({ host: "silent.example", port: 1, lookup: () => {} }, "silent.example");
      expect((yield* errorOf(timeout(10, silent))).name).toBe("TimeoutError");
    });
  });

  test("a scope around that expires ends the attempt", async () => {
    await expectNothingLeft(function* () {
      const error = yield* errorOf(timeout(20, use(connect({ host: SILENT, port: 1 }), works)));
      expect(["TimeoutError", "SocketConnectError"]).toContain(error.name); // where there is no route, the attempt fails
    });
  });

  test("a Unix socket is connected to, and is gone when its server has ended", async () => {
    const folder = mkdtempSync(join(tmpdir(), "brigade-socket-"));
    const path = join(folder, "app.sock");
    try {
      await expectNothingLeft(function* () {
        yield* use(listen({ path }, echo), function* (server) {
          expect(server.address).toEqual({ host: path, port: 0, family: "Unix" });
          yield* use(connect({ path }), function* (connection) {
            expect(connection.remoteAddress).toEqual({ host: path, port: 0, family: "Unix" });
            yield* works(connection);
          });
          const twice = yield* errorOf(use(listen({ path }, echo), () => sleep(0)));
          expect(twice).toMatchObject({ name: "SocketListenError", code: "EADDRINUSE" });
          expect(twice.message).toBe(
            `listen: something listens on the socket ${path} already: stop that, or choose another path`,
          );
        });
        const gone = yield* errorOf(use(connect({ path }), works));
        expect(gone).toMatchObject({ name: "SocketConnectError", code: "ENOENT", address: path });
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a socket file that a killed server left is an error that says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "brigade-socket-"));
    const path = join(folder, "left.sock");
    try {
      leaveStale(path);
      await expectNothingLeft(function* () {
        const error = yield* errorOf(use(listen({ path }, echo), () => sleep(0)));
        expect(error.message).toBe(
          `listen: nothing listens on ${path}, but the file is there: its server did not end cleanly; delete the file`,
        );
        expect((yield* errorOf(use(connect({ path }), works))).message).toContain(
          "nothing listens there (ECONNREFUSED)",
        );
        writeFileSync(join(folder, "plain"), "");
        const plain = yield* errorOf(use(connect({ path: join(folder, "plain") }), works));
        expect(plain).toMatchObject({ name: "SocketConnectError" });
        const missing = yield* errorOf(use(listen({ path: join(folder, "none", "a.sock") }, echo), () => sleep(0)));
        expect(missing.message).toContain("its folder does not exist");
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("each use needs a connect of its own", async () => {
    await expectNothingLeft(() =>
      use(listen({ port: 0 }, echo), function* ({ port }) {
        const manager = connect({ host: "127.0.0.1", port });
        yield* use(manager, works);
        expect((yield* errorOf(use(manager, works))).message).toContain("call connect() for each use");
      }),
    );
  });
});

/** A socket file that nobody listens on: the server is killed. */
function leaveStale(path: string): void {
  const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", program]);
}
