/** What the other tests build on: servers that start, die and come back, and leave nothing behind. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { coroutine, fromPromise, run, use } from "brigade";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import type { LocalServer } from "./local-server.ts";
import { postgresServer, startPostgres } from "./postgres.ts";
import { proxy, startProxy } from "./proxy.ts";
import { redisServer, startRedis } from "./redis.ts";
import { s3Server, startS3 } from "./s3.ts";

/** In at most ten seconds; a busy machine is no reason to fail. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 10_000; await delay(20)) if (await holds()) return;
  throw new Error(`it never came to ${holds}`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  return new Promise((resolve) => {
    socket.on("error", () => resolve(false));
    socket.on("connect", () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

function processesIn(folder: string): readonly string[] {
  const found = execFileSync("/bin/sh", ["-c", `find /proc/[0-9]*/cwd -prune -lname '${folder}*' 2>/dev/null || true`]);
  return found.toString().split("\n").filter(Boolean);
}

async function says(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return answer.toString();
}

const kinds: readonly [name: string, start: () => Promise<LocalServer>][] = [
  ["PostgreSQL", startPostgres],
  ["Redis", startRedis],
  ["S3", startS3],
];

const onSources = ["--conditions=@brigade/source", "--no-warnings"];

describe.each(kinds)("%s", (name, start) => {
  test("is there when it has started, and stop leaves no process, no port and no folder", async () => {
    const server = await start();
    expect(await answers(server.port)).toBe(true);
    expect(processesIn(server.folder)).not.toEqual([]);
    await server.stop();
    expect(await answers(server.port)).toBe(false);
    expect(processesIn(server.folder)).toEqual([]);
    expect(existsSync(server.folder)).toBe(false);
    await server.stop();
  });

  test("killed, it answers nobody; restarted, it has its port again", async () => {
    const server = await start();
    await server.kill();
    expect(await answers(server.port)).toBe(false);
    expect(processesIn(server.folder)).toEqual([]);
    expect(server.pid).toBe(0);
    await server.restart();
    expect(await answers(server.port)).toBe(true);
    await server.restart();
    expect(await answers(server.port)).toBe(true);
    await server.stop();
  });

  test("is stopped though it is paused", async () => {
    const server = await start();
    server.pause();
    await server.stop();
    expect(processesIn(server.folder)).toEqual([]);
  });

  test("goes with the process that started it, when that is killed", async () => {
    const owner = spawn(process.execPath, [...onSources, join(import.meta.dirname, "modules/owner.ts"), name], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(owner.stdout, "data")) as [Buffer];
    const folder = line.toString().trim();
    expect(processesIn(folder)).not.toEqual([]);
    owner.kill("SIGKILL");
    await until(() => !existsSync(folder));
    expect(processesIn(folder)).toEqual([]);
  });
});

test("what Redis and PostgreSQL have answered to is there after SIGKILL", async () => {
  const [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  await says(redis.port, "SET key value\r\n");
  const sql = postgres(database.url, { onnotice: () => undefined });
  await sql`create table kept (value int)`;
  await sql`insert into kept values (1)`;
  await Promise.all([redis.kill(), database.kill()]);
  await Promise.all([redis.restart(), database.restart()]);
  expect(await says(redis.port, "GET key\r\n")).toBe("$5\r\nvalue\r\n");
  expect(await sql`select value from kept`).toEqual([{ value: 1 }]);
  await sql.end();
  await Promise.all([redis.stop(), database.stop()]);
});

test("a server that can't start says why", async () => {
  await expect(startRedis({ settings: { "no-such-setting": "1" } })).rejects.toThrow(
    /redis did not start.*no-such-setting/s,
  );
  await expect(startPostgres({ settings: { max_connections: "many" } })).rejects.toThrow(/max_connections/);
});

test("a paused server keeps its connections and answers when it goes on", async () => {
  const redis = await startRedis();
  redis.pause();
  const answer = says(redis.port, "PING\r\n");
  expect(await Promise.race([answer, delay(100, "nothing")])).toBe("nothing");
  redis.resume();
  expect(await answer).toBe("+PONG\r\n");
  await redis.stop();
});

test("as context managers, servers and a proxy end with the body that throws", async () => {
  const folders: string[] = [];
  const main = coroutine(function* main() {
    yield* use(redisServer({ password: "hush" }), function* (redis) {
      yield* use(postgresServer(), function* (database) {
        yield* use(s3Server(), function* (storage) {
          folders.push(redis.folder, database.folder, storage.folder);
          yield* use(proxy(redis.port), function* (between) {
            expect(yield* fromPromise(() => says(between.port, "AUTH hush\r\n"))).toBe("+OK\r\n");
            throw new Error(redis.urlAt(1));
          });
        });
      });
    });
  });
  await expect(run(main())).rejects.toThrow("redis://:hush@127.0.0.1:1");
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});

describe("the proxy", () => {
  test("goes silent without a word, and hands on what it held back", async () => {
    const redis = await startRedis();
    const between = await startProxy(redis.port);
    expect(await says(between.port, "PING\r\n")).toBe("+PONG\r\n");
    const socket = connect({ port: between.port, host: between.host });
    await once(socket, "connect");
    await until(() => between.connections === 1);
    between.cut();
    socket.write("PING\r\n");
    const late = says(between.port, "PING\r\n");
    expect(await Promise.race([once(socket, "data"), late, delay(200, "nothing")])).toBe("nothing");
    const answered = once(socket, "data") as Promise<[Buffer]>;
    between.heal();
    const [answer] = await answered;
    expect(answer.toString()).toBe("+PONG\r\n");
    expect(await late).toBe("+PONG\r\n");
    expect(between.accepted).toBe(3);
    socket.destroy();
    await between.stop();
    await redis.stop();
  });

  test("resets open connections, and refuses new ones until it accepts again", async () => {
    const redis = await startRedis();
    const between = await startProxy(redis.port);
    const socket = connect({ port: between.port, host: between.host });
    await once(socket, "connect");
    await until(() => between.connections === 1);
    between.reset();
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    await between.refuse();
    expect(await answers(between.port)).toBe(false);
    await between.accept();
    expect(await says(between.port, "PING\r\n")).toBe("+PONG\r\n");
    await between.stop();
    await redis.stop();
  });

  test("is as slow as it is told", async () => {
    const redis = await startRedis();
    const between = await startProxy(redis.port);
    between.slow({ delay: 100 });
    const begun = performance.now();
    await says(between.port, "PING\r\n");
    expect(performance.now() - begun).toBeGreaterThan(190);
    await between.stop();
    await redis.stop();
  });
});
