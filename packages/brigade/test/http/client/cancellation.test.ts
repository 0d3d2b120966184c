/** A request may be cancelled at any point: queued, connecting, sending, waiting, reading, between attempts. Nothing is left. */
import { createTask, gather, sleep, type Task } from "brigade";
import { isHTTPError } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";
import { silentServer } from "../other-servers.ts";
import { startProgram } from "../start-program.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const NOTHING_LEFT = { after: { inFlight: 0, hosts: [] }, tasks: ["main"], right: 200, sockets: 0, held: 0 };

test("1,000 cancellations at random points leave nothing, and 200 right answers follow on the same client", async () => {
  const program = startProgram("random-cancellations.ts", ["4"]);
  const { phases, ...rest } = JSON.parse(await program.line()) as Record<string, unknown>;
  expect(rest).toEqual(NOTHING_LEFT);
  const counts = phases as Record<string, number>;
  const meant = [
    "queued",
    "connecting",
    "sending",
    "waiting",
    "half a body",
    "between reads",
    "backoff",
    "redirecting",
  ];
  for (const phase of meant) expect(counts[phase] ?? 0, `${phase} of ${JSON.stringify(counts)}`).toBeGreaterThan(10);
}, 60_000);

test("300 cancellations by TLS through a proxy leave nothing either", async () => {
  const program = startProgram("random-cancellations.ts", ["5", "proxy", "300"]);
  const { phases: _phases, ...rest } = JSON.parse(await program.line()) as Record<string, unknown>;
  expect(rest).toEqual(NOTHING_LEFT);
}, 60_000);

describe("at once", () => {
  test.each(["/never", "/drip/head?every=5", "/slow/5000"])(
    "waiting for the head of %s: the server sees its connection closed",
    async (path) => {
      await eventually(() => expect(server.sockets.size).toBe(0));
      await withClient({ retry: false }, function* (client) {
        const task = createTask(client.get(server.origin + path));
        yield* sleep(40); // it waits
        expect(client.inFlight).toBe(1);
        task.cancel();
        yield* sleep(0);
        expectIdle(client);
        yield* sleep(30); // the server hears of it
        expect(server.sockets.size).toBe(0);
        yield* expectWorks(client, server);
      });
    },
  );

  test("connecting, the attempt to connect ends with the last request that waits for it", async () => {
    await using silent = await silentServer(); // takes the connection, and no TLS handshake
    await withClient({ retry: false }, function* (client) {
      const url = `https://127.0.0.1:${silent.port}/`;
      const tasks = Array.from({ length: 3 }, () => createTask(client.get(url)));
      yield* sleep(60); // they connect
      const connections = [...silent.sockets];
      expect(connections).toHaveLength(3);
      tasks[0]?.cancel();
      yield* sleep(60);
      expect([...silent.sockets], "those of the others go on").toEqual(connections);
      for (const task of tasks) task.cancel();
      yield* sleep(60); // the server hears of it
      expect(silent.sockets.size).toBe(0);
      const again = createTask(client.get(url));
      yield* sleep(60); // it connects
      expect(silent.sockets.size).toBe(1);
      again.cancel();
      yield* sleep(0);
      yield* expectWorks(client, server);
    });
  });

  test("connecting, it does not harm the one that was queued behind it", async () => {
    await using silent = await silentServer();
    const url = `https://127.0.0.1:${silent.port}/`;
    const options = { retry: false, limits: { perHost: 1 }, timeouts: { connect: 200 } } as const;
    await withClient(options, function* (client) {
      for (let round = 0; round < 20; round++) {
        const first = createTask(client.get(url));
        const second = createTask(errorOf(client.get(url)));
        yield* sleep(round % 4); // somewhere in the handshake, or before the connection
        first.cancel();
        // It gets a connection of its own, with all of the time for it.
        if (round % 5 === 0) expect((yield* second).name).toBe("ConnectTimeout");
        else yield* sleep(2);
        expect(second.done).toBe(round % 5 === 0);
        second.cancel();
        yield* sleep(0);
      }
      yield* expectWorks(client, server);
    });
  });

  test("queued for the limits, it costs no connection and nobody's place", async () => {
    await withClient({ retry: false, limits: { connections: 1 } }, function* (client) {
      const before = server.visits.length;
      const first = createTask(textOf(client, `${server.origin}/slow/80`));
      const queued = Array.from({ length: 50 }, (_, i) =>
        createTask(textOf(client, `${server.origin}/status/200?body=${i}`)),
      );
      yield* sleep(20);
      queued.forEach((task, i) => i % 2 === 0 && task.cancel());
      expect(yield* first).toBe("slow");
      for (let i = 1; i < 50; i += 2) expect(yield* queued[i] as Task<string>).toBe(String(i));
      expect(server.visits.length - before).toBe(26);
    });
  });

  test("a gather of a hundred that fails cancels the other ninety-nine", async () => {
    await withClient({ retry: false }, function* (client) {
      const urls = Array.from({ length: 100 }, (_, i) =>
        i === 50 ? `${server.origin}/reset/before-head` : `${server.origin}/never`,
      );
      let caught: unknown;
      try {
        yield* gather(urls.map((url) => textOf(client, url)));
      } catch (error) {
        caught = error;
      }
      expect(isHTTPError(caught)).toBe(true);
      yield* expectWorks(client, server);
    });
    await eventually(() => expect(server.sockets.size).toBe(0));
  });
});
