/** Each bound of `timeouts` ends what it bounds, with an error of its own class, and leaves nothing. */
import { coroutine, type CoroutineBody, createTask, forEach, sleep, stream, TimeoutError, timeout } from "brigade";
import {
  AttemptTimeout,
  type ClientOptions,
  ConnectTimeout,
  createClient,
  HTTPTimeoutError,
  PoolTimeout,
  ReadTimeout,
  type Timeouts,
  TotalTimeout,
  WriteTimeout,
} from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";
import { fullBacklog, silentServer } from "../other-servers.ts";

// Real sockets need real time: the bounds are short, and so is what is waited for.

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

interface Ended {
  readonly error: Error;
  readonly took: number;
}

/** How a GET with these bounds ends. The client must work after it, and the server's connections be closed. */
async function ended(url: string, timeouts: Timeouts, options: ClientOptions = {}): Promise<Ended> {
  const result = await withClient({ retry: false, timeouts, ...options }, function* (client) {
    const began = performance.now();
    const error = yield* errorOf(textOf(client, url));
    const took = performance.now() - began;
    yield* expectWorks(client, server);
    return { error, took };
  });
  await eventually(() => expect(server.sockets.size).toBe(0));
  return result;
}

interface Case {
  readonly claim: string;
  readonly path: string;
  readonly timeouts: Timeouts;
  readonly error: typeof HTTPTimeoutError;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  {
    claim: "read: no answer",
    path: "/never",
    timeouts: { read: 60 },
    error: ReadTimeout,
    says: /no answer came for 60 ms \(timeouts\.read\)/,
  },
  {
    claim: "read: a body that stalls",
    path: "/stalls",
    timeouts: { read: 250 },
    error: ReadTimeout,
    says: /nothing more of the body came for 250 ms \(timeouts\.read\)/,
  },
  {
    claim: "attempt: no answer",
    path: "/never",
    timeouts: { attempt: 60 },
    error: AttemptTimeout,
    says: /60 ms \(timeouts\.attempt\).*waiting for the answer/,
  },
  {
    claim: "attempt: a body that drips",
    path: "/drip/body?every=10",
    timeouts: { attempt: 300 },
    error: AttemptTimeout,
    says: /300 ms \(timeouts\.attempt\).*body/,
  },
  {
    claim: "total: no answer",
    path: "/never",
    timeouts: { total: 60 },
    error: TotalTimeout,
    says: /60 ms \(timeouts\.total\).*waiting for the answer/,
  },
  {
    claim: "read: a head that drips",
    path: "/drip/head?every=10",
    timeouts: { read: 80 },
    error: ReadTimeout,
    says: /no answer came for 80 ms \(timeouts\.read\)/,
  },
  {
    claim: "total: a head that drips",
    path: "/drip/head?every=10",
    timeouts: { total: 80 },
    error: TotalTimeout,
    says: /80 ms \(timeouts\.total\).*waiting for the answer/,
  },
  {
    claim: "total: a body that drips, which read never ends",
    path: "/drip/body?every=10",
    timeouts: { total: 600, read: 300 },
    error: TotalTimeout,
    says: /600 ms \(timeouts\.total\).*body/,
  },
];

describe("each bound has its class, and says which it was", () => {
  test.each(cases)("$claim", async ({ path, timeouts, error, says }) => {
    const url = `${server.origin}${path}`;
    const bound = Math.max(...(Object.values(timeouts) as number[]));
    const result = await ended(url, timeouts);
    expect(result.error.constructor.name).toBe(error.name);
    expect(result.error).toBeInstanceOf(HTTPTimeoutError);
    expect(result.error).toBeInstanceOf(TimeoutError);
    expect(result.error.message.startsWith(`GET ${url}: `), result.error.message).toBe(true);
    expect(result.error.message).toMatch(says);
    expect(result.took).toBeGreaterThanOrEqual(Math.min(...(Object.values(timeouts) as number[])) - 2);
    expect(result.took).toBeLessThan(bound + 2_000); // a busy machine is late, a bound that does not hold never ends
  });
});

describe("connect", () => {
  test("a host that takes no connection", async () => {
    await using deaf = await fullBacklog();
    const { error, took } = await ended(`http://127.0.0.1:${deaf.port}/`, { connect: 80 });
    expect(error).toBeInstanceOf(ConnectTimeout);
    expect(error.message).toMatch(/80 ms \(timeouts\.connect\)/);
    expect(took).toBeLessThan(2_000);
  });

  test("a request that gives it longer than its client gets longer", async () => {
    await using deaf = await fullBacklog();
    await withClient({ retry: false, timeouts: { connect: 50 } }, function* (client) {
      const began = performance.now();
      const longer = createTask(client.get(`http://127.0.0.1:${deaf.port}/`, { timeouts: { connect: 1_800 } }));
      expect(yield* errorOf(client.get(`http://127.0.0.1:${deaf.port}/`))).toBeInstanceOf(ConnectTimeout);
      const error = yield* errorOf(longer);
      expect(error.message).toMatch(/1800 ms \(timeouts\.connect\)/);
      expect(performance.now() - began).toBeGreaterThanOrEqual(1_798);
    });
  });

  test("a TLS handshake that never ends", async () => {
    await using silent = await silentServer();
    const { error, took } = await ended(`https://127.0.0.1:${silent.port}/`, { connect: 80 });
    expect(error).toBeInstanceOf(ConnectTimeout);
    expect(took).toBeLessThan(2_000);
    await eventually(() => expect(silent.sockets.size).toBe(0));
  });

  test("total ends connecting too, and says so", async () => {
    await using deaf = await fullBacklog();
    const { error } = await ended(`http://127.0.0.1:${deaf.port}/`, { total: 80 });
    expect(error).toBeInstanceOf(TotalTimeout);
    expect(error.message).toMatch(/connecting/);
  });

  test("a request that only waits for a busy connection is not connecting", async () => {
    // Two at once on two connections, each slower than the bound for connecting.
    await withClient({ retry: false, timeouts: { connect: 60 } }, function* (client) {
      const slow = createTask(textOf(client, `${server.origin}/slow/150`));
      expect(yield* textOf(client, `${server.origin}/slow/150`)).toBe("slow");
      expect(yield* slow).toBe("slow");
    });
  });
});

describe("write", () => {
  const pieces = stream(function* (count: number) {
    for (let i = 0; i < count; i++) yield "x".repeat(65_536);
  });

  test.each([
    ["bytes", () => new Uint8Array(40_000_000)],
    ["a stream", () => pieces(1_000)],
  ])("a server that takes nothing of %s", async (_kind, body) => {
    await withClient({ retry: false, timeouts: { write: 80, total: "5s" } }, function* (client) {
      const url = `${server.origin}/never-reads`;
      const error = yield* errorOf(client.post(url, { body: body() }));
      expect(error).toBeInstanceOf(WriteTimeout);
      expect(error.message).toMatch(/^POST .*took nothing of the body for 80 ms \(timeouts\.write\)/);
      yield* expectWorks(client, server);
    });
  });

  test("a stream that is slow itself is not the server's fault", async () => {
    const hesitant = stream(function* () {
      yield "a";
      yield* sleep(200);
      yield "b";
    });
    await withClient({ retry: false, timeouts: { write: 60, read: 60 } }, function* (client) {
      using response = yield* client.post(`${server.origin}/echo`, { body: hesitant() });
      expect((yield* response.json<{ body: string }>()).body).toBe("ab");
    });
  });
});

describe("pool", () => {
  const occupied: ClientOptions = { retry: false, limits: { connections: 1 }, timeouts: { pool: 60, total: "5s" } };

  test("waiting for the limits ends with PoolTimeout and costs no connection", async () => {
    await withClient(occupied, function* (client) {
      const first = createTask(textOf(client, `${server.origin}/slow/300`));
      yield* sleep(20); // the first is on its way
      const visits = server.visits.length;
      const error = yield* errorOf(client.get(`${server.origin}/ok`));
      expect(error).toBeInstanceOf(PoolTimeout);
      expect(error.message).toMatch(/60 ms \(timeouts\.pool\)/);
      expect((error as PoolTimeout).attempts).toBe(0);
      expect(server.visits.length).toBe(visits);
      expect(yield* first).toBe("slow");
      yield* expectWorks(client, server);
    });
  });

  test("the bound for the pool is over when the request starts", async () => {
    await withClient(occupied, function* (client) {
      expect(yield* textOf(client, `${server.origin}/slow/150`)).toBe("slow");
    });
  });

  test("total ends waiting for the limits", async () => {
    await withClient({ ...occupied, timeouts: { total: 100 } }, function* (client) {
      const first = createTask(textOf(client, `${server.origin}/slow/300`));
      yield* sleep(20);
      const error = yield* errorOf(client.get(`${server.origin}/ok`, { timeouts: { total: 60 } }));
      expect(error).toBeInstanceOf(TotalTimeout);
      expect(yield* errorOf(first)).toBeInstanceOf(TotalTimeout);
      expectIdle(client);
    });
  });
});

test("a server that is slow once and then fast: the attempt is given up, and the next one answers", async () => {
  const retry = { retries: 2, base: 5 };
  await withClient({ retry, limits: { connections: 1 }, timeouts: { attempt: 150, total: "10s" } }, function* (client) {
    const response = yield* client.get(`${server.origin}/slow/5000?key=once`);
    expect(yield* response.text()).toBe("fast");
    expect(response.attempts).toBe(2);
  });
});

test("an answer that is tried again and whose body stalls does not stand in the way of the next attempt", async () => {
  const retry = { retries: 1, base: 5 };
  await withClient({ retry, limits: { connections: 1 }, timeouts: { total: "10s" } }, function* (client) {
    const began = performance.now();
    using response = yield* client.get(`${server.origin}/stalls?status=503`);
    expect([response.status, response.attempts]).toEqual([503, 2]);
    expect(performance.now() - began).toBeLessThan(4_000); // about a second for the beginning of each body
  });
});

test("the bounds of a request take the place of the client's, one by one", async () => {
  await withClient({ retry: false, timeouts: { read: 50, total: 2_000 } }, function* (client) {
    expect(yield* errorOf(client.get(`${server.origin}/slow/150`))).toBeInstanceOf(ReadTimeout);
    using response = yield* client.get(`${server.origin}/slow/150`, { timeouts: { read: "1s" } });
    expect(yield* response.text()).toBe("slow");
    const error = yield* errorOf(client.get(`${server.origin}/never`, { timeouts: { read: "1s", total: 80 } }));
    expect(error).toBeInstanceOf(TotalTimeout);
  });
});

test("a reader that takes its time is not the server's fault", async () => {
  await withClient({ retry: false, timeouts: { read: 200 } }, function* (client) {
    const response = yield* client.get(`${server.origin}/sized/400000`);
    let read = 0;
    yield* forEach(response.chunks(), function* (chunk) {
      if (read === 0) yield* sleep(500);
      read += chunk.byteLength;
    });
    expect(read).toBe(400_000);
  });
});

test("a scope of the program around the request ends it at once, as its own", async () => {
  const plain = coroutine(function* (work: CoroutineBody<unknown>): CoroutineBody<unknown> {
    try {
      return yield* timeout(50, work);
    } catch (error) {
      return error;
    }
  });
  await withClient({ retry: false }, function* (client) {
    const error = yield* plain(
      (function* (): CoroutineBody<unknown> {
        return yield* client.get(`${server.origin}/never`);
      })(),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).not.toBeInstanceOf(HTTPTimeoutError);
    yield* expectWorks(client, server);
  });
});

test.each([
  ["an unknown name", { raed: 5 }, TypeError, /timeouts\.raed.*read/],
  ["a unit that does not exist", { read: "5 parsecs" }, RangeError, /timeouts\.read/],
  ["a negative number", { total: -1 }, RangeError, /timeouts\.total/],
])("%s among the timeouts is refused when the client is made", (_what, timeouts, kind, says) => {
  const make = (): unknown => createClient({ timeouts: timeouts as Timeouts });
  expect(make).toThrow(kind);
  expect(make).toThrow(says);
});
