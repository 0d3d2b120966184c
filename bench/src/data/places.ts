/** The servers and the file that the works of databases ask: each is started, and filled, when a work first needs it. */
import { DatabaseSync } from "node:sqlite";
import { Redis } from "ioredis";
import postgres from "postgres";
import { type PostgresServer, startPostgres } from "../../../packages/data/test/servers/postgres.ts";
import { type RedisServer, startRedis } from "../../../packages/data/test/servers/redis.ts";
import { startS3 } from "../../../packages/data/test/servers/s3.ts";
import { Workplace } from "../http/workplace.ts";
import { ITEMS } from "./items.ts";

export type Place = "postgres" | "redis" | "sqlite" | "s3" | "folder";

interface Opened {
  readonly url: string;
  stop(): Promise<void> | void;
}

const NOTE = "the quick brown fox jumps over the lazy dog";

async function filledPostgres(): Promise<Opened> {
  const server: PostgresServer = await startPostgres();
  const sql = postgres(server.url, { max: 1 });
  await sql`create table items (id int primary key, name text not null, price float8 not null, note text not null)`;
  await sql`insert into items select n, 'item ' || n, n / 100.0, ${NOTE} from generate_series(1, ${ITEMS}::int) n`;
  await sql`analyze items`;
  await sql.end();
  return server;
}

async function filledRedis(): Promise<Opened> {
  const server: RedisServer = await startRedis({ settings: { appendonly: "no" } });
  const redis = new Redis(server.url);
  await redis.eval(`for n = 1, ${ITEMS} do redis.call("set", "item:" .. n, "item " .. n) end`, 0);
  await redis.quit();
  return server;
}

function filledFile(): Opened {
  const workplace = new Workplace();
  const path = workplace.path("items.db");
  const file = new DatabaseSync(path);
  file.exec(`
    pragma journal_mode = wal;
    create table items (id integer primary key, name text not null, price real not null, note text not null);
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${ITEMS})
    insert into items select n, 'item ' || n, n / 100.0, '${NOTE}' from numbers;`);
  file.close();
  return { url: path, stop: () => workplace.clear() };
}

function emptyFolder(): Opened {
  const workplace = new Workplace();
  return { url: workplace.path("queue"), stop: () => workplace.clear() };
}

const openers: Readonly<Record<Place, () => Promise<Opened> | Opened>> = {
  postgres: filledPostgres,
  redis: filledRedis,
  sqlite: filledFile,
  s3: () => startS3(),
  folder: emptyFolder,
};

export class Places {
  readonly #opened = new Map<Place, Opened>();

  async urlOf(place: Place): Promise<string> {
    const opened = this.#opened.get(place) ?? (await openers[place]());
    this.#opened.set(place, opened);
    return opened.url;
  }

  async clear(): Promise<void> {
    for (const opened of this.#opened.values()) await opened.stop();
  }
}
