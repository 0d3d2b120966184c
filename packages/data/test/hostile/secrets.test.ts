/** No failure shows a password: not in a message, not in a cause, not in what hangs on it. */
import { type AwaitableLike, coroutine, gather, run, sleep, use } from "brigade";
import { ConnectError, ConnectionLostError, type PostgresAddress, postgres } from "@brigade/data/postgres";
import { redis } from "@brigade/data/redis";
import { s3 } from "@brigade/data/s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../servers/ports.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { type Proxy, startProxy } from "../servers/proxy.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { PASSWORD, shown } from "./secrets.ts";

let database: PostgresServer;
let cache: RedisServer;
let before: { database: Proxy; cache: Proxy };
let nobody: number;
const encoded = encodeURIComponent(PASSWORD);

beforeAll(async () => {
  database = await startPostgres();
  cache = await startRedis();
  before = { database: await startProxy(database.port), cache: await startProxy(cache.port) };
  nobody = await freePort();
  await run(
    use(postgres(database.url), (db) =>
      db.unsafe(`create role secretive superuser login password '${PASSWORD.replaceAll("'", "''")}'`),
    ),
  );
  // From here on Redis asks for it.
  await run(use(redis(cache.url), (db) => db.config("SET", "requirepass", PASSWORD)));
}, 60_000);
afterAll(async () => {
  await before.database.stop();
  await before.cache.stop();
  await database.stop();
  await cache.stop();
}, 60_000);

/** What it fails with; it must not show the password. What the loop reports must not either. */
async function expectFailure(program: () => AwaitableLike<unknown>): Promise<Error> {
  let failed: unknown;
  const reports: unknown[] = [];
  try {
    await run(program, { onReport: (report) => reports.push(report) });
  } catch (error) {
    failed = error;
  }
  expect(failed).toBeInstanceOf(Error);
  expect(shown(failed)).toEqual([]);
  expect(shown(reports)).toEqual([]);
  return failed as Error;
}

describe.each(["postgres", "pg"] as const)("PostgreSQL through %s", (driver) => {
  const address = (rest: PostgresAddress = {}): PostgresAddress => ({
    host: "127.0.0.1",
    port: database.port,
    user: "secretive",
    password: PASSWORD,
    database: "postgres",
    ...rest,
  });
  const select = (where: PostgresAddress | string) => () =>
    use(postgres(where, { driver, connectTimeout: 2_000 }), (db) => db.sql`select 1`);

  test("lets in who has it, by parts and by URL", async () => {
    for (const where of [address(), `postgres://secretive:${encoded}@127.0.0.1:${database.port}/postgres`])
      expect(await run(select(where))).toMatchObject([{}]);
  });

  test("does not show it when there is no connection", async () => {
    const cases: Record<string, readonly [PostgresAddress | string, RegExp]> = {
      "the wrong one": [address({ user: "brigade" }), /password/],
      "no such user": [address({ user: "nobody" }), /nobody/],
      "no such database": [address({ database: "nowhere" }), /nowhere/],
      "nobody listens": [address({ port: nobody }), new RegExp(String(nobody))],
      "no such host": [address({ host: "nowhere.invalid" }), /nowhere\.invalid/],
      "no TLS": [address({ tls: "require" }), /TLS|SSL|encrypt/i],
      "a URL": [`postgres://brigade:${encoded}@127.0.0.1:${database.port}/postgres`, /password/],
      "a URL of another": [`postgres://brigade:${encoded}@127.0.0.1:${nobody}/postgres`, new RegExp(String(nobody))],
    };
    for (const [what, [where, says]] of Object.entries(cases)) {
      const error = await expectFailure(select(where));
      expect(error, what).toBeInstanceOf(ConnectError);
      expect(error.message, what).toMatch(says);
      expect(error.message, what).toMatch(/127\.0\.0\.1|nowhere\.invalid/);
    }
  });

  test("does not show it when the address makes no sense", async () => {
    for (const text of [
      `postgres://u:${PASSWORD}@h/d`,
      `postgre://u:${encoded}@h`,
      `u:${encoded}@h`,
      `postgres://u:${encoded}@h:99999/d`,
    ]) {
      await expectFailure(select(text));
    }
    await expectFailure(select({ ...address(), port: -1 }));
  });

  test("does not show it when the connection is lost, a call fails, or none comes free", async () => {
    const through = address({ port: before.database.port });
    const lost = await expectFailure(() =>
      use(postgres(through, { driver }), function* (db) {
        const cut = coroutine(function* () {
          yield* sleep(200);
          before.database.reset();
        });
        yield* gather([db.sql`select pg_sleep(5)`, cut()]);
      }),
    );
    expect(lost).toBeInstanceOf(ConnectionLostError);
    await expectFailure(() => use(postgres(address(), { driver }), (db) => db.sql`select nothing from nowhere`));
    await expectFailure(() => use(postgres(address(), { driver }), (db) => db.sql`select 1 / ${0}::int`));
    await expectFailure(() =>
      use(postgres(address(), { driver, max: 1, acquireTimeout: 50 }), function* (db) {
        yield* use(db.transaction(), () => db.sql`select 1`);
      }),
    );
  });
});

describe("Redis", () => {
  const get = (where: string | { host: string; port: number; password: string; username?: string }) => () =>
    use(redis(where, { connectTimeout: 2_000 }), (db) => db.get("k"));
  const url = (port: number, password: string): string => `redis://:${password}@127.0.0.1:${port}`;

  test("lets in who has it", async () => {
    expect(await run(get(url(cache.port, encoded)))).toBe(null);
    expect(await run(get({ host: "127.0.0.1", port: cache.port, password: PASSWORD }))).toBe(null);
  });

  test("does not show it when there is no connection", async () => {
    for (const where of [
      url(nobody, encoded),
      `redis://someone:${encoded}@127.0.0.1:${cache.port}`,
      `redis://:${encoded}@nowhere.invalid:6379`,
      `redis://:${encoded}@127.0.0.1:${cache.port}/99`,
      `rediss://:${encoded}@127.0.0.1:${cache.port}`,
      `redis://:${encodeURIComponent(`${PASSWORD}!`)}@127.0.0.1:${cache.port}`,
      `redis://:${PASSWORD}@127.0.0.1:${cache.port}`,
      `http://:${encoded}@127.0.0.1:${cache.port}`,
    ]) {
      await expectFailure(get(where));
    }
    await expectFailure(get({ host: "127.0.0.1", port: nobody, password: PASSWORD, username: "someone" }));
  });

  test("does not show it when the connection is lost or a command fails", async () => {
    await expectFailure(() =>
      use(redis(url(before.cache.port, encoded)), function* (db) {
        const cut = coroutine(function* () {
          yield* sleep(200);
          before.cache.reset();
        });
        yield* gather([db.blpop("never", 5), cut()]);
      }),
    );
    await expectFailure(() =>
      use(redis(url(cache.port, encoded)), function* (db) {
        yield* db.set("text", "t");
        yield* db.lpush("text", "x");
      }),
    );
  });
});

test("S3 does not show its key", async () => {
  const store = (endpoint: string) =>
    s3(
      {
        endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "someone", secretAccessKey: PASSWORD, sessionToken: `${PASSWORD}, too` },
        forcePathStyle: true,
        maxAttempts: 1,
      },
      { bucket: "b" },
    );
  for (const endpoint of [`http://127.0.0.1:${nobody}`, "http://nowhere.invalid", `http://127.0.0.1:${cache.port}`]) {
    await expectFailure(() => use(store(endpoint), (bucket) => bucket.get("k")));
  }
});
