/** Calls, transactions, streams, copies and notifications against a real server: the same with both drivers. */
import {
  type CoroutineBody,
  collect,
  createTask,
  forEach,
  fromPromise,
  gather,
  run,
  sleep,
  stream,
  use,
} from "brigade";
import { beforeAll, describe, expect, test } from "vitest";
import { type Notification, type Postgres, postgres, QueryError, RowError, sql } from "../../src/postgres/index.ts";
import { drivers, observedServer, until } from "./server.ts";

const observed = observedServer();

beforeAll(async () => {
  await observed.admin`create table items (id int primary key, name text)`;
}, 60_000);

describe.each(drivers)("%s", (driver) => {
  /** Runs the body over a pool, on an empty table. */
  const over = (
    body: (db: Postgres) => Generator<never, void> | CoroutineBody<void>,
    options: { max?: number } = {},
  ): Promise<void> =>
    run(
      use(postgres(observed.url, { driver, ...options }), function* (db) {
        yield* db.unsafe("truncate items");
        yield* body(db) as CoroutineBody<void>;
      }),
    );

  test("values of every kind go to the server and come back as they were", () =>
    over(function* (db) {
      const when = new Date("2024-02-29T12:34:56.789Z");
      const bytes = new Uint8Array([0, 1, 2, 255]);
      const row =
        yield* db.one`select ${1}::int as int, ${1.5}::float8 as float, ${10n}::int8 as big, ${"10.50"}::numeric as numeric,
        ${"täxt \\ \" '"} as text, ${true}::bool as yes, ${null}::text as nothing, ${when}::timestamptz as tz, ${when}::timestamp as ts,
        ${"2024-02-29"}::date as date, ${bytes}::bytea as bytes, ${{ a: [1] }}::jsonb as object, ${sql.json([1, "a"])}::json as list,
        ${["a,b", null, 'c"d']}::text[] as texts, ${[[1, 2], [3, 4]]}::int[] as ints, ${[when]}::timestamptz[] as whens`;
      expect({ ...row, bytes: new Uint8Array(row["bytes"] as Uint8Array) }).toEqual({
        int: 1,
        float: 1.5,
        big: 10n,
        numeric: "10.50",
        text: "täxt \\ \" '",
        yes: true,
        nothing: null,
        tz: when,
        ts: when,
        date: "2024-02-29",
        bytes,
        object: { a: [1] },
        list: [1, "a"],
        texts: ["a,b", null, 'c"d'],
        ints: [
          [1, 2],
          [3, 4],
        ],
        whens: [when],
      });
    }));

  test("rows have count and command; one and maybeOne are strict; several statements without values run as one text", () =>
    over(function* (db) {
      const inserted = yield* db.sql`insert into items ${sql.rows([
        { id: 1, name: "a" },
        { id: 2, name: null },
      ])}`;
      expect([inserted.length, inserted.count, inserted.command]).toEqual([0, 2, "INSERT"]);
      const rows = yield* db.sql<{ id: number }>`select id from items order by id`;
      expect([rows.map(({ id }) => id), rows.count, rows.command]).toEqual([[1, 2], 2, "SELECT"]);
      expect(yield* db.maybeOne`select 1 where false`).toBeUndefined();
      const none = yield* gather(
        [db.one`select 1 where false`, db.one`select id from items`, db.maybeOne`select id from items`],
        {
          returnExceptions: true,
        },
      );
      expect(none.map((error) => (error as QueryError).code)).toEqual(["P0002", "P0003", "P0003"]);
      expect(yield* db.unsafe("select 1 as a; select 2 as b")).toEqual([{ b: 2 }]);
      expect(yield* db.unsafe("select $1::int as a", [3])).toEqual([{ a: 3 }]);
    }));

  test("a schema checks each row, and gives what it makes of it", () =>
    over(function* (db) {
      const schema = {
        "~standard": {
          version: 1 as const,
          vendor: "test",
          validate: (value: unknown) => {
            const { n } = value as { n: number };
            return n < 3 ? { value: `n${n}` } : { issues: [{ message: "too large", path: ["n"] }] };
          },
        },
      };
      expect([...(yield* db.sql(schema)`select n from generate_series(1, 2) n`)]).toEqual(["n1", "n2"]);
      const [error] = yield* gather([db.sql(schema)`select n from generate_series(1, 4) n`], {
        returnExceptions: true,
      });
      expect(error).toBeInstanceOf(RowError);
      expect((error as RowError).message).toBe("row 3 does not fit the schema: n: too large");
      expect(yield* collect(db.stream({ schema, batch: 1 })`select n from generate_series(1, 2) n`)).toEqual([
        "n1",
        "n2",
      ]);
    }));

  test("an error of the server has its code, its constraint and its hint", () =>
    over(function* (db) {
      yield* db.sql`insert into items values (1, 'a')`;
      const [error] = yield* gather([db.sql`insert into items values (${1}, 'b')`], { returnExceptions: true });
      expect(error).toBeInstanceOf(QueryError);
      expect(error).toMatchObject({
        code: "23505",
        details: { constraint: "items_pkey", table: "items", schema: "public" },
      });
      expect((error as Error).message).toBe('duplicate key value violates unique constraint "items_pkey" (23505)');
    }));

  test("a statement whose table has changed is planned again by itself", () =>
    over(
      function* (db) {
        yield* db.unsafe("create table changing (a int); insert into changing values (1)");
        const ask = () => db.sql`select * from changing`;
        expect([...(yield* ask())]).toEqual([{ a: 1 }]);
        yield* db.unsafe("alter table changing add b int default 2");
        expect([...(yield* ask())]).toEqual([{ a: 1, b: 2 }]);
        yield* db.unsafe("drop table changing");
      },
      { max: 1 },
    ));

  test("a transaction commits on a value and rolls back on an error; a savepoint undoes its own part alone", () =>
    over(function* (db) {
      const [failed] = yield* gather(
        [
          use(db.transaction(), function* (tx) {
            yield* tx.sql`insert into items values (1, 'lost')`;
            throw new Error("the body");
          }),
        ],
        { returnExceptions: true },
      );
      expect(String(failed)).toBe("Error: the body");
      yield* use(db.transaction({ isolation: "serializable" }), function* (tx) {
        expect(yield* tx.one`show transaction_isolation`).toEqual({ transaction_isolation: "serializable" });
        yield* tx.sql`insert into items values (2, 'kept')`;
        const [inner] = yield* gather(
          [
            use(tx.savepoint(), function* (part) {
              yield* part.sql`insert into items values (3, 'undone')`;
              yield* part.sql`insert into items values (2, 'again')`;
            }),
          ],
          { returnExceptions: true },
        );
        expect((inner as QueryError).code).toBe("23505");
        yield* use(tx.savepoint(), (part) => part.sql`insert into items values (4, 'kept')`);
      });
      expect((yield* db.sql<{ id: number }>`select id from items order by id`).map(({ id }) => id)).toEqual([2, 4]);
      const [readOnly] = yield* gather([use(db.transaction({ readOnly: true }), (tx) => tx.sql`delete from items`)], {
        returnExceptions: true,
      });
      expect((readOnly as QueryError).code).toBe("25006");
    }));

  test("a body that swallows the error of a statement is told that nothing was committed", () =>
    over(function* (db) {
      const [error] = yield* gather(
        [
          use(db.transaction(), function* (tx) {
            yield* tx.sql`insert into items values (1, 'a')`;
            yield* gather([tx.sql`select 1 / 0`], { returnExceptions: true });
          }),
        ],
        { returnExceptions: true },
      );
      expect((error as QueryError).code).toBe("25P02");
      expect((yield* db.sql`select 1 from items`).length).toBe(0);
    }));

  test("statements of several tasks in one transaction run one after the other; after its end there are none", () =>
    over(function* (db) {
      const left = yield* use(db.transaction(), function* (tx) {
        const inserts = Array.from({ length: 20 }, (_, id) => tx.sql`insert into items values (${id}, null)`);
        yield* gather(inserts);
        return tx;
      });
      expect((yield* db.one<{ n: bigint }>`select count(*) as n from items`).n).toBe(20n);
      const [error] = yield* gather([left.sql`select 1`], { returnExceptions: true });
      expect((error as Error).message).toBe("the transaction has ended");
    }));

  test("a stream reads in batches from one snapshot, in transactions beside other statements, and gives its connection back when it is left", () =>
    over(
      function* (db) {
        const numbers = yield* collect(
          db.stream({ batch: 7 })<{ n: number }>`select n from generate_series(1, ${100}::int) n`,
        );
        expect(numbers.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
        const readByPromises = async (): Promise<number> => {
          let sum = 0;
          for await (const { n } of db.stream({ batch: 3 })<{ n: number }>`select n from generate_series(1, 100) n`) {
            sum += n;
            if (n === 10) break;
          }
          return sum;
        };
        expect(yield* fromPromise(readByPromises())).toBe(55);
        const rows = db.stream({ batch: 2 })<{ n: number }>`select n from generate_series(1, 100000) n`;
        expect((yield* rows.next()).value).toEqual({ n: 1 });
        yield* rows.close();
        yield* use(db.transaction(), function* (tx) {
          yield* forEach(
            tx.stream({ batch: 3 })<{ n: number }>`select n from generate_series(1, 10) n`,
            function* ({ n }) {
              yield* tx.sql`insert into items values (${n}, null)`;
            },
          );
        });
        expect((yield* db.one<{ n: bigint }>`select count(*) as n from items`).n).toBe(10n);
        const [error] = yield* gather([collect(db.stream`select 1 / (5 - n) from generate_series(1, 9) n`)], {
          returnExceptions: true,
        });
        expect((error as QueryError).code).toBe("22012");
        expect((yield* db.sql`select 1`).length).toBe(1);
      },
      { max: 1 },
    ));

  test("copies: all rows or none, and bytes out as they are read", () =>
    over(
      function* (db) {
        const lines = stream(function* (count: number, last: string) {
          for (let id = 0; id < count; id++) yield `${id},name ${id}\n`;
          yield last;
          yield* sleep(0);
        });
        expect(yield* db.copyFrom("items (id, name)", lines(5_000, "5000,\n"), "format csv")).toBe(5_001);
        const text = Buffer.concat(yield* collect(db.copyTo("(select id from items order by id)"))).toString();
        expect(text).toBe(Array.from({ length: 5_001 }, (_, id) => `${id}\n`).join(""));
        yield* db.unsafe("truncate items");
        const broken = yield* gather(
          [
            db.copyFrom("items (id, name)", lines(5_000, "not a number,\n"), "format csv"),
            db.copyFrom("items (id, name)", ["1\ta\n", "1\tb\n"]),
            db.copyFrom("nowhere", ["1\n"]),
            db.copyFrom(
              "items (id, name)",
              (function* () {
                yield "7\tseven\n";
                throw new Error("the source");
              })(),
            ),
            collect(db.copyTo("nowhere")),
          ],
          { returnExceptions: true, limit: 1 },
        );
        expect(broken.map((error) => (error as QueryError).code ?? (error as Error).message)).toEqual([
          "22P02",
          "23505",
          "42P01",
          "the source",
          "42P01",
        ]);
        expect((yield* db.one<{ n: bigint }>`select count(*) as n from items`).n).toBe(0n);
        const left = db.copyTo("(select n from generate_series(1, 3000000) n)");
        expect((yield* left.next()).done).toBe(false);
        yield* left.close();
        expect((yield* db.sql`select 1`).length).toBe(1);
      },
      { max: 1 },
    ));

  test("notifications arrive in their order; a connection that is lost is made again, and the gap is told", () =>
    over(function* (db) {
      const heard: Notification[] = [];
      let listening = 0;
      const task = createTask(
        forEach(db.listen('odd "channel"', { onListening: () => listening++ }), (event) => {
          heard.push(event);
        }),
      );
      while (listening < 1) yield* sleep(5);
      for (const payload of ["one", "two", ""]) yield* db.notify('odd "channel"', payload);
      while (heard.length < 3) yield* sleep(5);
      expect(heard.map((event) => event.kind === "message" && event.payload)).toEqual(["one", "two", ""]);
      yield* db.sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`;
      while (listening < 2) yield* sleep(5);
      yield* db.notify('odd "channel"', "three");
      while (heard.length < 5) yield* sleep(5);
      expect(heard.slice(3).map((event) => (event.kind === "message" ? event.payload : event.kind))).toEqual([
        "gap",
        "three",
      ]);
      task.cancel();
    }));

  test("what can't be right is refused at once", async () => {
    expect(() => postgres("mysql://x", { driver })).toThrow(TypeError);
    expect(() => postgres("postgres://h", { driver, max: 0 })).toThrow(RangeError);
    expect(() => postgres("postgres://h?sslmode=maybe", { driver })).toThrow(/sslmode is one of/);
    expect(() => postgres({ port: 99_999 }, { driver })).toThrow(RangeError);
    await over(function* (db) {
      expect(() => (db.sql as (text: unknown) => unknown)("select 1")).toThrow(/is a tag/);
      expect(() => db.sql`select ${undefined}`).toThrow(/value 1 of the statement is undefined/);
      expect(() => db.stream({ batch: 0 })`select 1`).toThrow(RangeError);
      yield* sleep(0);
    });
  });
});

test("every connection of these tests is closed", async () => {
  await until(async () => (await observed.connections()) === 0, "no connection is left");
  expect(await observed.locks()).toBe(0);
});
