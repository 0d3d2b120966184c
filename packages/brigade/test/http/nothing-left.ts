/** Programs with a client against real sockets, which must leave nothing behind: no task, timer, permit or socket. */
import { type AwaitableLike, type Coroutine, type CoroutineBody, coroutine, use } from "brigade";
import { type Client, type ClientOptions, createClient, isHTTPError, type RequestOptions } from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { expect } from "vitest";
import type { HostileServer } from "./hostile-server.ts";

/** What keeps a process alive, by kind. Timers of the tests themselves come and go: those of the loop are counted by `assertNoLeaks`. */
function held(): Record<string, number> {
  const kinds = process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Connect|GetAddrInfo|Zlib/i.test(kind));
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits until it holds: the other end of a connection hears of its end a little later. */
export async function eventually(claim: () => void): Promise<void> {
  const end = performance.now() + 3_000;
  for (;;) {
    try {
      claim();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The client has nothing in flight, and nobody waits. */
export function expectIdle(client: Client): void {
  expect({ inFlight: client.inFlight, hosts: client.hosts() }).toEqual({ inFlight: 0, hosts: [] });
}

/**
 * Runs the program with a client of its own, in real time. Fails when the client is not idle after it, when the loop
 * reports anything, and when a task, timer, permit, or socket is left once the client is closed.
 */
export async function withClient<T>(options: ClientOptions, program: (client: Client) => CoroutineBody<T>): Promise<T> {
  const before = held();
  const reports: string[] = [];
  const body = coroutine(function* (client: Client): CoroutineBody<T> {
    const result = yield* coroutine(program)(client);
    expectIdle(client);
    return result;
  });
  const result = await assertNoLeaks(() => use(createClient(options), body), {
    clock: { now: () => performance.now() },
    onReport: (report) => reports.push(`${report.kind}: ${report.message}`),
  });
  expect(reports).toEqual([]);
  // A server that stands in the same process may have held something of an earlier client at first, but nothing more now.
  await eventually(() => {
    for (const [kind, count] of Object.entries(held())) expect(count, kind).toBeLessThanOrEqual(before[kind] ?? 0);
  });
  return result;
}

/** The error that it throws, which must be one of the client's. */
export const errorOf: (awaitable: AwaitableLike<unknown>) => Coroutine<Error> = coroutine(function* errorOf(
  awaitable: AwaitableLike<unknown>,
): CoroutineBody<Error> {
  let value: unknown;
  try {
    value = yield* coroutine(function* (): CoroutineBody<unknown> {
      return yield* awaitable as Coroutine<unknown>;
    })();
  } catch (error) {
    if (!isHTTPError(error)) throw new Error("an error that is none of the client's", { cause: error });
    return error;
  }
  throw new Error(`expected an error, not ${String(value)}`);
});

/** The body of the answer to a GET, as text. */
export const textOf: (client: Client, url: string) => Coroutine<string> = coroutine(function* textOf(
  client: Client,
  url: string,
): CoroutineBody<string> {
  using response = yield* client.get(url);
  return yield* response.text();
});

/** Long enough for a busy machine, whatever bounds the client of a test has. */
const patient: RequestOptions = {
  timeouts: { pool: "10s", connect: "10s", read: "10s", attempt: "10s", total: "10s" },
};

/** The client still works: it is idle, and its next request is answered. */
export const expectWorks: (client: Client, server: HostileServer) => Coroutine<void> = coroutine(function* expectWorks(
  client: Client,
  server: HostileServer,
): CoroutineBody<void> {
  expectIdle(client);
  using response = yield* client.get(`${server.origin}/ok`, patient);
  expect(yield* response.text()).toBe("ok");
  expectIdle(client);
});
