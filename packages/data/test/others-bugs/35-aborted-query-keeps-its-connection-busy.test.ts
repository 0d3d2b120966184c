/** pg, redis clients: an aborted query kept its connection busy, and the next caller waited for it (measured). */
import { type PostgresOptions, postgres } from "@brigade/data/postgres";
import { redis } from "@brigade/data/redis";
import { type AwaitableLike, createTask, moveOnAfter, run, sleep, timeout, use } from "brigade";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";

// Servers live in real time. What would be waited for takes a minute: a second or two are the answer to something else.
const LONG = 60;

let servers: { readonly postgres: PostgresServer; readonly redis: RedisServer };

beforeAll(async () => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  servers = { postgres, redis };
}, 60_000);

afterAll(async () => {
  await Promise.all([servers.postgres.stop(), servers.redis.stop()]);
});

/** Fails if it takes as long as what was given up. */
const soon = <T>(body: AwaitableLike<T>) => timeout("20s", body);

const drivers: readonly NonNullable<PostgresOptions["driver"]>[] = ["postgres", "pg"];

test.each(drivers)(
  "with %s, the only connection is there for the next caller, and no query runs on",
  async (driver) => {
    const { url } = servers.postgres;
    await run(
      use(postgres(url, { driver, max: 1 }), function* (db) {
        const { pid } = yield* db.one<{ pid: number }>`select pg_backend_pid() as pid`;
        const begun = performance.now();
        const given = yield* moveOnAfter("100ms", db.sql`select pg_sleep(${LONG})`);
        expect(given).toBeUndefined();
        const next = yield* soon(db.one<{ pid: number }>`select pg_backend_pid() as pid`);
        expect(performance.now() - begun).toBeLessThan(20_000);
        // Cancelled on the server, and not replaced.
        expect(next.pid).toBe(pid);
        const busy = yield* db.one<{ count: number }>`
        select count(*)::int as count from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`;
        expect(busy.count).toBe(0);
      }),
    );
  },
  60_000,
);

test.each(drivers)(
  "with %s, who already waits for the connection gets it when the query is given up",
  async (driver) => {
    await run(
      use(postgres(servers.postgres.url, { driver, max: 1 }), function* (db) {
        const sleeping = createTask(db.sql`select pg_sleep(${LONG})`);
        yield* sleep("50ms");
        const waiting = createTask(db.one<{ one: number }>`select 1 as one`);
        yield* sleep("50ms");
        sleeping.cancel();
        expect(yield* soon(waiting)).toEqual({ one: 1 });
      }),
    );
  },
  60_000,
);

test("with Redis, a pop that is given up is over on the server, and what comes then is the next caller's", async () => {
  await run(
    use(redis(servers.redis.url, { max: 1 }), function* (db) {
      expect(yield* moveOnAfter("100ms", db.blpop("list", LONG))).toBeUndefined();
      expect(yield* db.info("clients")).toContain("blocked_clients:0");
      yield* db.rpush("list", "a");
      expect(yield* soon(db.blpop("list", LONG))).toEqual(["list", "a"]);
    }),
  );
}, 60_000);
