/** Writes orders into SQLite and hands them on to every server that the environment names. */
import { join } from "node:path";
import { postgres } from "@brigade/data/postgres";
import { redis } from "@brigade/data/redis";
import { s3 } from "@brigade/data/s3";
import { type Sqlite, sqlite } from "@brigade/data/sqlite";
import { type Coroutine, type CoroutineBody, coroutine, forEach, run, timeout, use } from "brigade";
import { tempDir } from "brigade/node";
import { csvOf, type Order, writeOrders } from "./orders.ts";

/** COPY takes the lines as they are: none of them is there unless all are. */
const toPostgres = coroutine(function* toPostgres(db: Sqlite, url: string): CoroutineBody<void> {
  yield* use(postgres(url), function* (pg): CoroutineBody<void> {
    yield* pg.unsafe("drop table if exists orders; create table orders (id int primary key, item text, cents int)");
    const rows = yield* pg.copyFrom("orders", csvOf(db), "format csv");
    const { sum } = yield* pg.one<{ sum: number }>`select sum(cents)::int as sum from orders`;
    console.log(`PostgreSQL: ${rows} orders, ${sum} cents`);
  });
});

/** Each item has a counter, and the dearest order is kept for a minute. */
const toRedis = coroutine(function* toRedis(db: Sqlite, url: string): CoroutineBody<void> {
  yield* use(redis(url), function* (cache): CoroutineBody<void> {
    yield* cache.del("orders:by-item");
    const orders = db.stream<Order>("select item, cents from orders");
    yield* forEach(orders, ({ item }) => cache.hincrby("orders:by-item", item, 1), { limit: 50 });
    const counts = yield* cache.hgetall("orders:by-item");
    console.log(
      `Redis: ${Object.keys(counts)
        .sort()
        .map((item) => `${item} ${counts[item]}`)
        .join(", ")}`,
    );
  });
});

/** The same lines as a file, in parts if there are many. */
const toStorage = coroutine(function* toStorage(db: Sqlite, endpoint: string): CoroutineBody<void> {
  const config = { endpoint, region: process.env["AWS_REGION"] ?? "us-east-1", forcePathStyle: true };
  yield* use(s3(config, { bucket: "orders" }), function* (store): CoroutineBody<void> {
    yield* store.put("orders.csv", csvOf(db), { contentType: "text/csv" });
    console.log(`S3: ${(yield* store.head("orders.csv"))?.size} bytes`);
  });
});

const main: () => Coroutine<void> = coroutine(function* main(): CoroutineBody<void> {
  const { DATABASE_URL, REDIS_URL, S3_ENDPOINT } = process.env;
  yield* use(tempDir(), (folder) =>
    use(sqlite(join(folder, "shop.db")), function* (db): CoroutineBody<void> {
      yield* writeOrders(db, 5_000);
      const total = yield* db.get<{ count: number; sum: number }>(
        "select count(*) as count, sum(cents) as sum from orders",
      );
      console.log(`SQLite: ${total?.count} orders, ${total?.sum} cents`);
      if (DATABASE_URL) yield* timeout("1m", toPostgres(db, DATABASE_URL));
      if (REDIS_URL) yield* timeout("1m", toRedis(db, REDIS_URL));
      if (S3_ENDPOINT) yield* timeout("1m", toStorage(db, S3_ENDPOINT));
    }),
  );
});

await run(main(), { handleSignals: true });
