/** What goes wrong around the calls: servers that die, networks that are cut, wrong addresses. Each ends in time, with a clear error without secrets. */
import { inspect } from "node:util";
import { createServer } from "node:net";
import { once } from "node:events";
import {
  type AwaitableLike,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  run,
  sleep,
  TimeoutError,
  timeout,
  use,
  wait,
} from "brigade";
import { describe, expect, test } from "vitest";
import { ConnectError, ConnectionLostError, type Postgres, postgres, QueryError } from "../../src/postgres/index.ts";
import { shown } from "../hostile/secrets.ts";
import { startProxy } from "../servers/proxy.ts";
import { drivers, observedServer, until } from "./server.ts";

const observed = observedServer({ settings: { max_connections: "12", superuser_reserved_connections: "3" } });

/** The error that the first call ends with. */
async function firstError(manager: ReturnType<typeof postgres>): Promise<Error & { readonly code?: string }> {
  try {
    await run(use(manager, (db) => db.sql`select 1`));
  } catch (error) {
    return error as Error;
  }
  throw new Error("it has not failed");
}

const failing = function* (body: AwaitableLike<unknown>) {
  const [error] = yield* gather([body], { returnExceptions: true });
  return error as Error;
};

const SECRET = "s3cr3t-pässwörd";

describe.each(drivers)("%s", (driver) => {
  const parts = (): { host: string; port: number; user: string; password: string; database: string } => {
    const { host, port, user, password, database } = observed.server;
    return { host, port, user, password, database };
  };

  test("a wrong password, an unknown database, an unknown user: the error says who, where and what to do, and no password", async () => {
    const cases = [
      [
        { password: SECRET },
        "28P01",
        /password authentication failed for user "brigade": check the user and the password/,
      ],
      [
        { password: undefined },
        undefined,
        /no password was given: put it into the URL, the option password, or PGPASSWORD/,
      ],
      [
        { database: "nowhere" },
        "3D000",
        /database "nowhere" does not exist: check its name, or create it \(createdb\)/,
      ],
      [{ user: "nobody", password: SECRET }, "28P01", /user "nobody"/],
    ] as const;
    for (const [wrong, code, words] of cases) {
      const error = await firstError(postgres({ ...parts(), ...wrong }, { driver }));
      expect(error).toBeInstanceOf(ConnectError);
      if (code !== undefined) expect(error.code).toBe(code);
      expect(error.message).toMatch(words);
      expect(error.message).toContain(`PostgreSQL at 127.0.0.1:${observed.server.port}`);
      expect(shown(error, SECRET)).toEqual([]);
      expect(shown(error, observed.server.password)).toEqual([]);
    }
  });

  test("a refused port, an unknown host, a missing socket, a silent host, TLS that the server does not offer", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port: silentPort } = silent.address() as { port: number };
    const cases = [
      [{ port: 1 }, "ECONNREFUSED", /nothing listens there/],
      [{ host: "no-such-host.invalid" }, undefined, /is not known|can't be looked up/],
      [{ host: "/nowhere" }, "ENOENT", /there is no such socket/],
      [{ port: silentPort }, undefined, /no answer within 300 ms/],
      [{ tls: true }, undefined, /does not offer TLS/],
      [{ tls: "require" }, undefined, /does not offer TLS/],
    ] as const;
    for (const [wrong, code, words] of cases) {
      const error = await firstError(
        postgres({ ...parts(), password: SECRET, ...wrong }, { driver, connectTimeout: 300 }),
      );
      expect(error).toBeInstanceOf(ConnectError);
      if (code !== undefined) expect(error.code).toBe(code);
      expect(error.message).toMatch(words);
      expect(shown(error, SECRET)).toEqual([]);
    }
    silent.close();
  });

  test("no error of a call shows the password, nor does the pool", async () => {
    const { user, host, port, database } = observed.server;
    const url = `postgres://${user}:${observed.server.password}@${host}:${port}/${database}`;
    await run(
      use(postgres(url, { driver }), function* (db) {
        const error = yield* failing(db.sql`select nothing from nowhere where a = ${"value"}`);
        expect(error).toBeInstanceOf(QueryError);
        expect((error as QueryError).code).toBe("42P01");
        expect(shown(error, observed.server.password)).toEqual([]);
        expect(inspect(db, { depth: 10 })).not.toContain(observed.server.password);
      }),
    );
  });

  test("a full disk of the server is told as such, with whose it is and what to do", async () => {
    await run(
      use(postgres(observed.url, { driver }), function* (db) {
        // A device that is always full: the server can't write there, as on a disk without room.
        const error = yield* failing(db.unsafe("copy (select repeat('x', 100000)) to '/dev/full'"));
        expect(error).toBeInstanceOf(QueryError);
        expect((error as QueryError).code).toBe("53100");
        expect(error.message).toContain(
          `the disk of the server 127.0.0.1:${observed.server.port} is full. Free some room there`,
        );
        expect((yield* db.sql`select 1`).length).toBe(1);
      }),
    );
  });

  test("a server without a free connection says so", async () => {
    await observed.admin`select 1`;
    await run(
      use(postgres(observed.url, { driver, max: 20 }), function* (db) {
        const names = Array.from({ length: 20 }, () => db.sql`select pg_sleep(0.2)`);
        const outcomes = yield* gather(names, { returnExceptions: true });
        const errors = outcomes.filter((outcome) => outcome instanceof Error);
        expect(errors.length).toBeGreaterThan(0);
        for (const error of errors) {
          expect(error).toBeInstanceOf(ConnectError);
          expect((error as ConnectError).code).toBe("53300");
          expect(error.message).toContain("lower max, or raise max_connections");
        }
        expect((yield* db.one<{ n: number }>`select 1 as n`).n).toBe(1);
      }),
    );
    await until(async () => (await observed.connections()) === 0, "its connections are closed");
  });

  test("a server that is killed fails the calls that run, and serves those after its restart", {
    timeout: 90_000,
  }, async () => {
    const { server } = observed;
    try {
      await run(
        use(postgres(server.url, { driver, max: 4 }), function* (db) {
          yield* db.unsafe("drop table if exists kept; create table kept (id int)");
          const calls = [
            createTask(db.sql`select pg_sleep(30)`),
            createTask(
              use(db.transaction(), function* (tx) {
                yield* tx.sql`insert into kept values (1)`;
                yield* tx.sql`select pg_sleep(30)`;
              }),
            ),
          ];
          yield* sleep(200);
          yield* fromPromise(server.kill());
          yield* wait(calls);
          for (const call of calls) {
            const error = call.exception();
            expect(error).toBeInstanceOf(ConnectionLostError);
            expect((error as ConnectionLostError).sent).toBe(true);
          }
          expect(yield* failing(db.sql`select 1`)).toBeInstanceOf(ConnectError);
          yield* fromPromise(server.restart());
          expect((yield* db.one<{ n: bigint }>`select count(*) as n from kept`).n).toBe(0n);
        }),
      );
    } finally {
      await observed.startAgain();
    }
  });

  test("a server that is stopped in its tracks: calls with a timeout end in timeout and grace, and it is served again when it goes on", {
    timeout: 90_000,
  }, async () => {
    const { server } = observed;
    try {
      await run(
        use(postgres(server.url, { driver, max: 2, grace: 300 }), function* (db) {
          yield* db.sql`select 1`;
          server.pause();
          const began = performance.now();
          expect(yield* failing(timeout(200, db.sql`select 1`))).toBeInstanceOf(TimeoutError);
          expect(performance.now() - began).toBeLessThan(10_000);
          server.resume();
          expect((yield* db.one<{ n: number }>`select 1 as n`).n).toBe(1);
        }),
      );
    } finally {
      await observed.startAgain();
    }
  });

  test("a network that is cut silently: query, transaction, stream and copy with a timeout end in timeout and grace, and the pool works when it is whole again", {
    timeout: 90_000,
  }, async () => {
    const proxy = await startProxy(observed.server.port);
    try {
      await run(
        use(postgres(observed.server.urlAt(proxy.port), { driver, max: 5, grace: 300 }), function* (db) {
          yield* db.unsafe("create table if not exists cut (id int)");
          const inTransaction = (db2: Postgres) =>
            use(db2.transaction(), function* (tx) {
              yield* tx.sql`insert into cut values (1)`;
              yield* sleep(800);
              yield* tx.sql`insert into cut values (2)`;
            });
          const slowly = function* () {
            const rows = db.stream({ batch: 2 })`select i, pg_sleep(0.05) from generate_series(1, 1000) i`;
            for (;;) yield* rows.next();
          };
          const copied = function* () {
            const bytes = db.copyTo("(select i, pg_sleep(0.01) from generate_series(1, 10000) i)");
            for (;;) yield* bytes.next();
          };
          const bodies: AwaitableLike<unknown>[] = [db.sql`select pg_sleep(30)`, inTransaction(db), slowly(), copied()];
          const tasks = bodies.map((body) => createTask(timeout(1_500, body)));
          yield* sleep(400);
          proxy.cut();
          const began = performance.now();
          yield* wait(tasks);
          // On a quiet machine 1.4 s: timeout and grace.
          expect(performance.now() - began).toBeLessThan(10_000);
          for (const task of tasks) expect(task.exception()).toBeInstanceOf(TimeoutError);
          proxy.heal();
          expect((yield* db.one<{ n: bigint }>`select count(*) as n from cut`).n).toBe(0n);
        }),
      );
    } finally {
      await proxy.stop();
    }
    await until(
      async () => (await observed.connections()) === 0,
      "the server has given up the connections that were cut",
    );
  });

  test("a pool whose body fails ends the calls of others, and closes; one whose body ends waits for them", async () => {
    await run(function* () {
      const other = createTask(
        use(postgres(observed.url, { driver }), function* (db) {
          const call = createTask(db.sql`select pg_sleep(30)`);
          yield* db.sql`select 1`;
          return yield* moveOnAfter(100, function* () {
            yield* call;
          });
        }),
      );
      yield* other;
      let finished: unknown;
      yield* use(postgres(observed.url, { driver }), function* (db) {
        createTask(
          (function* () {
            finished = (yield* db.one<{ n: number }>`select 1 as n from pg_sleep(0.1)`).n;
          })(),
        );
        yield* db.sql`select 1`;
      });
      yield* sleep(1);
      expect(finished).toBe(1);
      let lost: Error | undefined;
      const failed = yield* failing(
        use(postgres(observed.url, { driver }), function* (db) {
          createTask(
            (function* () {
              lost = yield* failing(db.sql`select pg_sleep(30)`);
            })(),
          );
          yield* db.sql`select 1`;
          throw new Error("the body");
        }),
      );
      expect(failed.message).toBe("the body");
      yield* sleep(1);
      expect(lost).toBeInstanceOf(ConnectionLostError);
    });
    await until(async () => (await observed.connections()) === 0, "every connection is closed");
  });
});
