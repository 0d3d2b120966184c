/** The process that keeps a folder: there is one, it goes when nobody needs it, and another takes its place when it dies. */
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { KeptDatabase } from "../../../src/engines/local/client.ts";
import { placeOf } from "../../../src/engines/local/place.ts";
import { exists, JobFolder, until } from "../keepers.ts";

// PGlite makes its first database in seconds, and on a busy machine in many more.
const MAKING = 60_000;
beforeAll(async () => {
  await using _ = await JobFolder.made();
}, MAKING);

/** A client that leaves at the end of the block. */
class Client extends KeptDatabase implements AsyncDisposable {
  constructor(folder: string) {
    super(placeOf(folder), () => {});
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

test("programs that come at once share one keeper, which ends when the last has left and takes its socket along", async () => {
  await using folder = await JobFolder.made();
  {
    await using one = new Client(folder.path);
    await using two = new Client(folder.path);
    await using three = new Client(folder.path);
    const rows = await Promise.all([one, two, three].map((client) => client.executeSql("SELECT 1 AS n")));
    expect(rows.map(({ rows: [row] }) => row)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
    await until(() => folder.keepers().length === 1, "one keeper is left of those that were started");
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder.path, "keeper.sock")).mode & 0o077).toBe(0);
    await one.close();
    await two.close();
    // The keeper waits for two seconds after its last client; there is one more.
    await new Promise((next) => setTimeout(next, 2_500));
    expect((await three.executeSql("SELECT 2 AS n")).rows).toEqual([{ n: 2 }]);
  }
  await until(() => folder.keepers().length === 0, "the keeper has ended");
  expect(exists(join(folder.path, "keeper.sock"))).toBe(false);
});

test("a keeper that is killed is replaced, listeners included, and nothing that was written is lost", async () => {
  await using folder = await JobFolder.made();
  await using client = new Client(folder.path);
  const heard: string[] = [];
  let again = 0;
  await client.listen(
    "news",
    (payload) => heard.push(payload),
    () => again++,
  );
  await client.executeSql("CREATE TABLE kept (n int)");
  for (let n = 0; n < 100; n++) await client.executeSql("INSERT INTO kept VALUES ($1)", [n]);
  const killed = folder.kill();
  const lost = await client.executeSql("SELECT pg_sleep(0)").catch((error: unknown) => error);
  if (lost instanceof Error) expect(client.isLost(lost)).toBe(true);
  await until(() => again === 2, "the client listens again by itself");
  expect((await client.executeSql("SELECT count(*)::int AS n FROM kept")).rows).toEqual([{ n: 100 }]);
  await client.executeSql("SELECT pg_notify('news', 'here again')");
  await until(() => heard.length === 1, "the notification has come");
  expect(folder.keepers()).not.toContain(killed);
});

test("a failed text leaves no open transaction to the statements of others, though they came in between", async () => {
  await using folder = await JobFolder.made();
  await using client = new Client(folder.path);
  await client.executeSql("CREATE TABLE kept (n int)");
  const [failed, next] = await Promise.allSettled([
    client.executeSql("BEGIN; INSERT INTO kept VALUES (1); SELECT nonsense"),
    client.executeSql("SELECT count(*) AS n FROM kept"),
  ]);
  expect(failed).toMatchObject({ status: "rejected", reason: { code: "42703" } });
  expect(next).toMatchObject({ status: "fulfilled", value: { rows: [{ n: 0 }] } });
});

test("rows come as a driver gives them: times as dates, JSON as values, those of several statements together", async () => {
  await using folder = await JobFolder.made();
  await using client = new Client(folder.path);
  const text =
    "SELECT '2026-01-02T03:04:05.678Z'::timestamptz AS at, '{\"a\":[1]}'::jsonb AS value, 9007199254740993::int8 AS big";
  expect((await client.executeSql(text)).rows).toEqual([
    { at: new Date("2026-01-02T03:04:05.678Z"), value: { a: [1] }, big: "9007199254740993" },
  ]);
  expect((await client.executeSql("SELECT 1 AS n; SELECT 2 AS n")).rows).toEqual([{ n: 1 }, { n: 2 }]);
  expect((await client.executeSql("SELECT length($1) AS n", ["é\n".repeat(2_000_000)])).rows).toEqual([
    { n: 4_000_000 },
  ]);
});

test(
  "a keeper that died while it made the folder leaves nothing that the next one stumbles over",
  async () => {
    await using folder = new JobFolder();
    mkdirSync(join(folder.path, "brigade.pglite"), { recursive: true });
    writeFileSync(join(folder.path, "brigade.pglite", "PG_VERSION"), "18\n");
    await using client = new Client(folder.path);
    expect((await client.executeSql("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    await client.close();
    await until(() => folder.keepers().length === 0, "the keeper has ended");
    // What this PGlite has made, this PGlite accepts: its version is the one that is written here.
    await using next = new Client(folder.path);
    expect((await next.executeSql("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
  },
  MAKING,
);

test("a folder with a long path has its socket in a folder of this user alone", async () => {
  await using folder = await JobFolder.made();
  const deep = join(folder.parent, "d".repeat(60), "e".repeat(60));
  cpSync(folder.path, deep, { recursive: true });
  const { socket } = placeOf(deep);
  expect(Buffer.byteLength(socket)).toBeLessThan(100);
  {
    await using client = new Client(deep);
    expect((await client.executeSql("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
  }
  await until(() => !exists(socket), "the keeper has ended and taken its socket along");
});

test("a folder that can't be kept is refused in words that say why", async () => {
  await using folder = new JobFolder();
  writeFileSync(join(folder.parent, "file"), "");
  expect(() => placeOf(join(folder.parent, "file", "jobs"))).toThrow(/the folder .*file.jobs can't be used: ENOTDIR/);

  mkdirSync(folder.path, { mode: 0o700 });
  writeFileSync(join(folder.path, "thesis.txt"), "");
  await using foreign = new Client(folder.path);
  await expect(foreign.executeSql("SELECT 1")).rejects.toThrow(/holds something else \("thesis.txt"\)/);
  rmSync(join(folder.path, "thesis.txt"));

  mkdirSync(join(folder.path, "brigade.pglite"));
  writeFileSync(join(folder.path, "brigade.pglite", "PG_VERSION"), "12\n");
  writeFileSync(join(folder.path, "brigade.json"), "{}\n");
  await using old = new Client(folder.path);
  await expect(old.executeSql("SELECT 1")).rejects.toThrow(/was made by PostgreSQL 12, and the PGlite installed here/);
  expect(folder.keepers()).toEqual([]);
});

test.runIf(process.env["BRIGADE_LONG"] === "1")(
  "a keeper that PostgreSQL holds for ever is ended, and replaced",
  async () => {
    await using folder = await JobFolder.made();
    await using client = new Client(folder.path);
    await client.executeSql("SELECT 1");
    const [held] = folder.keepers();
    const lost = await client.executeSql("DO $$ BEGIN LOOP END LOOP; END $$").catch((error: unknown) => error);
    expect(client.isLost(lost)).toBe(true);
    expect((await client.executeSql("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    expect(folder.keepers()).not.toContain(held);
  },
  120_000,
);
