/** The end of a client: whoever waits, sends or reads is told, and no connection stays. */
import {
  collect,
  coroutine,
  type CoroutineBody,
  createTask,
  forEach,
  gather,
  run,
  sleep,
  stream,
  use,
  wait,
} from "brigade";
import { BodyUnavailableError, type Client, createClient, type RequestOptions } from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { eventually, withClient } from "../nothing-left.ts";
import { fullBacklog } from "../other-servers.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("closing the client", () => {
  test("ends every exchange, and whoever waits or reads is told", async () => {
    const told: unknown[] = [];
    const waiting = coroutine(function* (client: Client, path: string): CoroutineBody<void> {
      try {
        const response = yield* client.get(server.origin + path);
        yield* forEach(response.chunks(), () => {});
      } catch (error) {
        told.push(error);
      }
    });
    await run(function* () {
      const tasks = yield* use(createClient({ retry: false }), function* (client) {
        const started = ["/never", "/stalls", "/drip/body?every=5", "/endless"].map((path) =>
          createTask(waiting(client, path)),
        );
        yield* sleep(60); // each is where it hangs
        return started;
      });
      yield* gather(tasks);
    });
    expect(told).toHaveLength(4);
    for (const error of told) {
      expect(error).toBeInstanceOf(BodyUnavailableError);
      expect((error as Error).message).toMatch(/client was closed/);
    }
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test("tells those that wait for the limits, for a retry, for a connection, or that send", async () => {
    await using deaf = await fullBacklog();
    const endless = stream(function* () {
      for (;;) {
        yield "x".repeat(1_000);
        yield* sleep(5);
      }
    });
    const told: unknown[] = [];
    const tried = coroutine(function* (client: Client, url: string, options: RequestOptions = {}): CoroutineBody<void> {
      try {
        yield* client.request(options.body === undefined ? "GET" : "POST", url, options);
      } catch (error) {
        told.push(error);
      }
    });
    await assertNoLeaks(
      function* () {
        const options = { limits: { perHost: 3 }, timeouts: { total: "20s" } } as const;
        const tasks = yield* use(createClient(options), function* (client) {
          const started = [
            tried(client, `http://127.0.0.1:${deaf.port}/`),
            tried(client, `${server.origin}/never`, { body: endless() }),
            tried(client, `${server.origin}/status/503`, {
              retry: { retries: 1, base: "1h" },
              timeouts: { total: Infinity },
            }),
            ...Array.from({ length: 6 }, () => tried(client, `${server.origin}/never`)),
          ].map((one) => createTask(one));
          yield* sleep(80); // each is where it hangs
          return started;
        });
        yield* wait(tasks, { timeout: "2s" });
        expect(tasks.filter((task) => !task.done).length, "tasks that still wait").toBe(0);
      },
      { clock: { now: () => performance.now() } },
    );
    expect(told.map((error) => `${(error as Error).name}: ${(error as Error).message.replace(/^.*?: /, "")}`)).toEqual(
      Array.from({ length: 9 }, () => expect.stringMatching(/client (was|is) closed/)),
    );
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test("a request after that is refused", async () => {
    await run(function* () {
      let kept: Client | undefined;
      yield* use(createClient(), function* (client) {
        kept = client;
        yield* sleep(0);
      });
      let caught: unknown;
      try {
        yield* (kept as Client).get(`${server.origin}/ok`);
      } catch (error) {
        caught = error;
      }
      expect(String(caught)).toMatch(/closed/);
    });
  });

  test("a response that nobody read does not keep it", async () => {
    await run(
      use(createClient({ retry: false }), function* (client) {
        yield* client.get(`${server.origin}/endless`);
        yield* client.get(`${server.origin}/stalls`);
      }),
    );
    await eventually(() => expect(server.sockets.size).toBe(0));
  });
});

test("a stream of lines that is half read when the program ends is closed with it", async () => {
  await withClient({ retry: false }, function* (client) {
    const response = yield* client.get(`${server.origin}/pieces?piece=a%0A&piece=b%0A&piece=c%0A`);
    const lines = response.lines();
    expect((yield* lines.next()).value).toBe("a");
    yield* lines.close();
    expect(yield* collect(lines)).toEqual([]);
  });
});
