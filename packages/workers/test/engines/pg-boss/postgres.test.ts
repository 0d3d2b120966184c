/** The engine and the server: what is wrong is said clearly, a server that comes back is used again, and nothing is left. */
import { inspect } from "node:util";
import {
  type Awaitable,
  coroutine,
  type CoroutineBody,
  fromPromise,
  gather,
  moveOnAfter,
  run,
  sleep,
  use,
} from "brigade";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../../data/test/servers/ports.ts";
import { type PostgresServer, startPostgres } from "../../../../data/test/servers/postgres.ts";
import type { Broker, Claim, Outcome } from "../../../src/engine/engine.ts";
import { pgBoss } from "../../../src/engines/pg-boss/index.ts";
import { loadDriver, PostgresDatabase } from "../../../src/engines/pg-boss/postgres.ts";
import { EngineError } from "../../../src/errors.ts";
import { until } from "../keepers.ts";
import { completed, endOf, job, onQueue, whileServing } from "../serving.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop(), 60_000);

test("a server that can't be used is named, and why, without the password", async () => {
  const wrong = new URL(server.url);
  wrong.password = "not-the-password";
  const missing = new URL(server.url);
  missing.pathname = "/nowhere";
  const silent = new URL(server.url);
  silent.port = String(await freePort());
  const places = [
    [wrong, /the password is wrong/],
    [missing, /database nowhere can't be used: .*create it first/],
    [silent, /ECONNREFUSED/],
  ] as const;
  for (const [place, words] of places) {
    const error = await onQueue(pgBoss(place.href), () => sleep(0)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    expect((error as Error).message).toMatch(words);
    expect((error as Error).message).toContain(`${place.hostname}:${place.port}`);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(place.password);
  }
});

test("programs that come to a new database at the same time all find it made", async () => {
  const jobs = Array.from({ length: 8 }, (_, n) => job(String(n)));
  const added = await Promise.all(jobs.map((one) => onQueue(pgBoss(server.url), (broker) => broker.add([one]))));
  expect(added.map(([one]) => one?.existed)).toEqual(jobs.map(() => false));
});

test("what an engine opened on the server is closed at the end, and only its schema is left", async () => {
  await onQueue(pgBoss(server.url), function* (broker) {
    const one = job("x");
    yield* broker.add([one]);
    yield* whileServing(broker, completed, () => endOf(broker, one.id));
  });
  const admin = new PostgresDatabase(await loadDriver(), { connectionString: server.url }, () => {});
  try {
    const others =
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'brigade' AND pid <> pg_backend_pid()";
    let left = -1;
    for (let looks = 0; looks < 200 && left !== 0; looks++)
      left = (await admin.executeSql(others)).rows[0]?.["n"] as number; // a connection's end takes the server a moment
    expect(left).toBe(0);
    const schemas = "SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1";
    expect((await admin.executeSql(schemas)).rows).toEqual([{ name: "brigade" }, { name: "public" }]);
  } finally {
    await admin.close();
  }
  expect(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length).toBeLessThan(4);
});

test("a server that is killed and comes back in the middle of 1,000 jobs: each ends, and only what ran then may be done again", async () => {
  const done = new Map<string, number>();
  const jobs = Array.from({ length: 1_000 }, (_, n) => job(String(n)));
  const perform = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
    done.set(claim.id, (done.get(claim.id) ?? 0) + 1);
    yield* sleep(1);
    return yield* completed(claim);
  });
  // What was being claimed as the server died is claimed again when its lease is over.
  const ends = await onQueue(pgBoss(server.url), function* (broker) {
    yield* broker.add(jobs);
    const restarts = coroutine(function* (): CoroutineBody<void> {
      for (const after of [100, 500]) {
        while (done.size < after) yield* sleep(5); // real time: the jobs are real
        yield* fromPromise(server.kill());
        yield* sleep(200);
        yield* fromPromise(server.restart());
      }
    });
    const all: Awaitable<unknown>[] = jobs.map(({ id }) => endOf(broker, id));
    return yield* whileServing(broker, perform, () => gather([gather(all), restarts()] as const), 8);
  });
  expect(ends[0]).toEqual(jobs.map(({ payload }) => ({ kind: "completed", value: payload.args })));
  // Its lease may be over before the outcome is recorded: on a busy machine, or with a slow restart.
  expect([...done.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(2 * 8);
}, 90_000);

test("leaving waits neither for a server that is gone nor for one that is silent, and leaves no connection", async () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  await until(() => sockets() === 0, "the connections of the tests before have ended");
  for (const trouble of [() => server.kill(), () => server.pause()] as const) {
    const began = performance.now();
    try {
      const body = coroutine(function* (broker: Broker): CoroutineBody<void> {
        yield* broker.counts();
        yield* fromPromise(Promise.resolve(trouble()));
        yield* moveOnAfter(100, gather([broker.counts(), broker.add([job("x")])]));
      });
      await run(use(pgBoss(server.url).open({ queue: "gone", keep: 1_000, trouble: () => {} }), body));
      expect(performance.now() - began).toBeLessThan(10_000);
      await until(() => sockets() === 0, "the connections are closed");
    } finally {
      server.resume();
      if (server.pid === 0) await server.restart();
    }
  }
});
