/** A queue whose server has no room: submitting says what to do, nothing is lost, and it goes on when there is room again. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  fromPromise,
  gather,
  run,
  sleep,
  timeout,
  use,
} from "brigade";
import { bullmq, type Engine, EngineError, pgBoss, type Workers, worker, workers } from "@brigade/workers";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { shown } from "../../../data/test/hostile/secrets.ts";
import { startPostgres } from "../../../data/test/servers/postgres.ts";
import { startRedis } from "../../../data/test/servers/redis.ts";

const PASSWORD = "hush-hush-8";

/** Tasks that the worker's module brings. */
const echo = { taskName: "echo" };
const fills = { taskName: "fills" };

/** What submitting fails with; each time it may be the last that still fits. */
const refusal: (client: Workers) => Coroutine<Error> = coroutine(function* (client: Workers): CoroutineBody<Error> {
  for (let i = 0; i < 300; i++) {
    const [outcome] = yield* gather([timeout("20s", client.submit(echo, [randomBytes(75_000).toString("base64")]))], {
      returnExceptions: true,
    });
    if (outcome instanceof Error) return outcome;
  }
  throw new Error("30 MB found room");
});

/** Fills the queue's server until it refuses, makes room, and goes on. */
async function expectGoesOn(engine: Engine, makeRoom: () => Promise<void>, says: RegExp): Promise<void> {
  const troubles: unknown[] = [];
  await run(
    use(workers({ engine, trouble: (message, error) => troubles.push(message, error) }), function* (client) {
      const error = yield* refusal(client);
      expect(error).toBeInstanceOf(EngineError);
      expect(error.message).toMatch(says);
      expect(shown(error, PASSWORD)).toEqual([]);
      expect(shown(troubles, PASSWORD)).toEqual([]);
      yield* fromPromise(makeRoom());
      const serving = createTask(
        worker(new URL("./programs/poison.ts", import.meta.url), {
          engine,
          concurrency: 4,
          grace: 300,
          onEvent: () => {},
        }),
      );
      try {
        // What was submitted before is there, and comes before what follows.
        expect(yield* timeout("60s", client.run(echo, ["room again"]))).toBe("room again");
        const { waiting } = yield* client.counts();
        expect(waiting).toBe(0);
      } finally {
        serving.cancel();
        yield* gather([serving], { returnExceptions: true });
      }
    }),
  );
}

test("Redis without memory", { timeout: 90_000 }, async () => {
  const server = await startRedis({
    password: PASSWORD,
    settings: { maxmemory: "4mb", "maxmemory-policy": "noeviction" },
  });
  const admin = new Redis(server.url);
  try {
    await expectGoesOn(bullmq(server.url), async () => void (await admin.config("SET", "maxmemory", "0")), /memory/i);
  } finally {
    admin.disconnect();
    await server.stop();
  }
});

test("Redis without memory while a result comes: the job ends when there is room", { timeout: 90_000 }, async () => {
  const server = await startRedis({ password: PASSWORD });
  const admin = new Redis(server.url);
  try {
    const engine = bullmq(server.url);
    await run(
      use(workers({ engine, trouble: () => {} }), function* (client) {
        const serving = createTask(
          worker(new URL("./programs/poison.ts", import.meta.url), {
            engine,
            lease: 2_000,
            grace: 300,
            onEvent: () => {},
          }),
        );
        try {
          expect(yield* client.run(echo, [1])).toBe(1);
          const job = yield* client.submit({ taskName: "rests" }, [1_000]);
          yield* sleep(400);
          yield* fromPromise(admin.config("SET", "maxmemory", "1"));
          yield* sleep(3_000);
          yield* fromPromise(admin.config("SET", "maxmemory", "0"));
          expect(yield* timeout("40s", job.result())).toBe("rested");
          expect(yield* timeout("20s", client.run(fills, [10]))).toBe("r".repeat(10));
        } finally {
          serving.cancel();
          yield* gather([serving], { returnExceptions: true });
        }
      }),
    );
  } finally {
    admin.disconnect();
    await server.stop();
  }
});

const canMount = process.getuid?.() === 0 && process.platform === "linux";
if (!canMount) console.log("No tests on a full disk: only root may mount one.");

/** A disk of `size`, and a file that fills what is left of it. */
class Disk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-disk-"));
  readonly #ballast: string = join(this.path, "ballast");

  constructor(size: string) {
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0777`, "tmpfs", this.path]);
    if (status !== 0) throw new Error(String(stderr));
  }

  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path);
    spawnSync("chown", ["postgres", path]);
    return path;
  }

  fill(leave: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  }

  empty(): void {
    unlinkSync(this.#ballast);
  }

  [Symbol.dispose](): void {
    spawnSync("umount", ["-l", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

test.runIf(canMount)("PostgreSQL without room on its disk", { timeout: 90_000 }, async () => {
  using disk = new Disk("64m");
  const server = await startPostgres();
  try {
    const engine = pgBoss({ url: server.url });
    await run(use(workers({ engine }), () => sleep(0))); // its tables are there
    const pg = (await import("pg")).default;
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`create tablespace small location '${disk.folder("pg")}'`);
    const { rows } = await admin.query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    for (const { name } of rows) await admin.query(`alter table ${name} set tablespace small`).catch(() => {});
    await admin.end();
    disk.fill(4_000_000);
    await expectGoesOn(pgBoss({ url: server.url }), async () => disk.empty(), /disk|space|room|53100/i);
  } finally {
    await server.stop();
  }
});
