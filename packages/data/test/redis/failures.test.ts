/** A server that refuses, dies, stands still or can't be reached: a clear error in time, without a secret, and then it works again. */
import {
  ConnectError,
  ConnectionLostError,
  QueryError,
  type Redis,
  redis,
  type RedisSettings,
} from "@brigade/data/redis";
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  run,
  sleep,
  TimeoutError,
  timeout,
  use,
} from "brigade";
import { afterEach, describe, expect, test } from "vitest";
import { PASSWORD, shown } from "../hostile/secrets.ts";
import { type Proxy, startProxy } from "../servers/proxy.ts";
import { type RedisServer, type RedisServerOptions, startRedis } from "../servers/redis.ts";
import { errorOf, somebodyWaits, until } from "./server.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function server(options: RedisServerOptions = {}): Promise<RedisServer> {
  const started = await startRedis(options);
  stops.push(() => started.stop());
  return started;
}
async function proxied(options: RedisServerOptions = {}): Promise<{ server: RedisServer; proxy: Proxy; url: string }> {
  const started = await server(options);
  const proxy = await startProxy(started.port);
  stops.push(() => proxy.stop());
  return { server: started, proxy, url: started.urlAt(proxy.port) };
}
function within<T>(url: string, body: (db: Redis) => Awaitable<T>, settings: RedisSettings = {}): Promise<T> {
  return run(use(redis(url, settings), body));
}

const numbers = coroutine(function* numbers(db: Redis): CoroutineBody<void> {
  const answers = yield* gather(Array.from({ length: 1_000 }, (_, i) => db.echo(String(i))));
  expect(answers).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
});

describe("no connection", () => {
  test.each([
    ["nothing listens", "redis://127.0.0.1:1", "ECONNREFUSED", "is the server running"],
    ["an unknown host", "redis://nowhere.invalid", undefined, "nowhere.invalid:6379"],
    ["no such socket", "/nowhere/redis.sock", "ENOENT", "/nowhere/redis.sock"],
  ])("%s", async (_, url, code, says) => {
    const error = await within(url, (db) => errorOf(db.get("k")));
    expect(error).toBeInstanceOf(ConnectError);
    if (code !== undefined) expect(error).toMatchObject({ code });
    expect(error.message).toContain(says);
    const waited = await within(url, (db) => errorOf(db.blpop("k", 0)));
    expect(waited).toBeInstanceOf(ConnectError);
  });

  test("a wrong password, a missing one and a wrong user are told, and none is shown", async () => {
    const { port, url } = await server({ password: "sesame-open" });
    expect(url).toContain("sesame-open");
    const wrong = encodeURIComponent(PASSWORD);
    for (const [address, says] of [
      [`redis://:${wrong}@127.0.0.1:${port}`, "password is wrong"],
      [`redis://someone:${wrong}@127.0.0.1:${port}`, 'as user "someone"'],
      [`redis://127.0.0.1:${port}`, "wants a password"],
    ] as const) {
      for (const call of [
        (db: Redis) => db.get("k"),
        (db: Redis) => db.blpop("k", 0),
        (db: Redis) => db.subscribe("c").next(),
      ]) {
        const error = await within(address, (db) => errorOf(call(db)));
        expect(error).toBeInstanceOf(ConnectError);
        expect(error.message).toContain(says);
        expect(shown(error)).toEqual([]);
      }
    }
  });

  test("a database that does not exist is told, and nothing is written to another one", async () => {
    const { url } = await server({ settings: { databases: "4" } });
    const error = await within(`${url}/9`, (db) => errorOf(db.set("k", 1)));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.message).toContain("it has no database 9");
    expect(await within(url, (db) => db.dbsize())).toBe(0);
    expect(await within(`${url}/3`, (db) => db.set("k", 1))).toBe("OK");
  });

  test("a server that takes no more clients says so", async () => {
    const { url } = await server({ settings: { maxclients: "1" } });
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        yield* db.ping();
        const error = yield* errorOf(db.blpop("k", 0));
        expect(error).toBeInstanceOf(ConnectError);
        expect(error.message).toContain("maxclients");
      }),
    );
  });

  test("a server that accepts and says nothing is given up in time", async () => {
    const started = await server();
    started.pause();
    const begun = performance.now();
    const error = await within(started.url, (db) => errorOf(db.get("k")), { connectTimeout: 200 });
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.message).toContain("not ready in time");
    expect(performance.now() - begun).toBeGreaterThanOrEqual(190);
    started.resume();
  });
});

describe("what the server refuses", () => {
  test("a full memory, a replica, a disk that can't be written, a missing right, a wrong type: each says what to do", async () => {
    const { url } = await server({ settings: { "maxmemory-policy": "noeviction" } });
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        const refused = coroutine(function* (
          call: Awaitable<unknown>,
          code: string,
          says: string,
        ): CoroutineBody<void> {
          const error = yield* errorOf(call);
          expect(error).toBeInstanceOf(QueryError);
          expect(error).toMatchObject({ code });
          expect(error.message).toContain(says);
          expect(shown(error, "the value of k")).toEqual([]);
        });
        yield* db.config("SET", "maxmemory", "1");
        yield* refused(db.set("k", "the value of k"), "OOM", "raise maxmemory");
        yield* db.config("SET", "maxmemory", "0");
        yield* db.set("k", "text");
        yield* refused(db.lpush("k", "the value of k"), "WRONGTYPE", "wrong kind of value");
        yield* db.call("REPLICAOF", "127.0.0.1", "1");
        yield* refused(db.set("k", "the value of k"), "READONLY", "write to the primary");
        yield* db.call("REPLICAOF", "NO", "ONE");
        yield* refused(db.lua("return redis.error_reply('MOVED 42 127.0.0.1:7001')"), "MOVED", "ioredis's Cluster");
        yield* db.acl("SETUSER", "reader", "on", ">pw", "~*", "+get", "+info", "+hello", "+client");
        yield* refused(
          use(redis(url.replace("//", "//reader:pw@")), (reader) => reader.set("k", "the value of k")),
          "NOPERM",
          "ACL SETUSER",
        );
      }),
    );
  });

  test("a server that can't save its data takes no writes, and the error says to look at its disk", async () => {
    const { url, folder } = await server({
      settings: { save: "3600 1000000", appendonly: "no", "enable-protected-configs": "yes" },
    });
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        yield* db.set("k", 1);
        // A folder in which nobody can create a file: the snapshot fails as on a full disk.
        yield* db.config("SET", "dir", "/proc/self");
        yield* db.bgsave();
        yield* until(
          "the snapshot has failed",
          coroutine(function* () {
            return /rdb_last_bgsave_status:err/.test(yield* db.info("persistence"));
          }),
        );
        const error = yield* errorOf(db.set("k", 2));
        expect(error).toMatchObject({ name: "QueryError", code: "MISCONF" });
        expect(error.message).toContain("free disk space");
        expect(yield* db.get("k")).toBe("1");
        yield* db.config("SET", "dir", folder, "save", ""); // so that it can end
      }),
    );
  });
});

describe("a server that dies", () => {
  test("calls under way fail as lost, with what may have run, and the next ones work when it is there again", async () => {
    const started = await server();
    await within(
      started.url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        yield* db.set("kept", 1);
        const waits = createTask(errorOf(db.blpop("l", 0)));
        const watched = createTask(
          errorOf(
            use(
              db.watch("k"),
              coroutine(function* (own): CoroutineBody<void> {
                yield* sleep(300);
                for (;;) yield* own.get("k");
              }),
            ),
          ),
        );
        yield* until("it waits", () => somebodyWaits(db));
        started.pause();
        const calls = Array.from({ length: 20 }, () => createTask(errorOf(db.incr("n"))));
        const together = createTask(errorOf(db.multi((m) => [m.incr("n"), m.incr("n")])));
        yield* sleep(20);
        yield* fromPromise(started.kill());
        for (const error of [...(yield* gather(calls)), yield* waits, yield* together]) {
          expect(error).toBeInstanceOf(ConnectionLostError);
          expect(error).toMatchObject({ sent: true });
        }
        expect(yield* watched).toBeInstanceOf(ConnectionLostError);
        expect(yield* errorOf(db.get("kept"))).toBeInstanceOf(ConnectError);
        yield* fromPromise(started.restart());
        expect(yield* db.get("kept")).toBe("1");
        yield* numbers(db);
        yield* db.rpush("l", "x");
        expect(yield* db.blpop("l", 0)).toEqual(["l", "x"]);
      }),
    );
  });

  test("a stream of entries misses none, when the server is restarted twice", async () => {
    const started = await server();
    await within(
      started.url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        const entries = db.entries({ s: "0" });
        const seen: string[] = [];
        const reading = createTask(
          coroutine(function* (): CoroutineBody<void> {
            while (seen.length < 90) seen.push(String((yield* entries.next()).value?.fields["n"]));
          })(),
        );
        for (let n = 0; n < 90; n++) {
          yield* db.xadd("s", "*", "n", n);
          if (n % 30 === 29 && n < 89) yield* fromPromise(started.restart());
        }
        yield* reading;
        yield* entries.close();
        expect(seen).toEqual(Array.from({ length: 90 }, (_, n) => String(n)));
      }),
    );
  });
});

describe("a network that is cut", () => {
  test("a timeout ends a call in time, whatever the network does, and the others on its connection are lost", async () => {
    const { proxy, url } = await proxied();
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        yield* db.set("k", 1);
        proxy.cut();
        const other = createTask(errorOf(db.get("k")));
        const begun = performance.now();
        expect(yield* errorOf(timeout(100, db.get("k")))).toBeInstanceOf(TimeoutError);
        expect(performance.now() - begun).toBeGreaterThanOrEqual(290);
        expect(performance.now() - begun).toBeLessThan(10_000);
        const error = yield* other;
        expect(error).toBeInstanceOf(ConnectionLostError);
        expect(error.message).toContain("within the grace of 200 ms");
        proxy.heal();
        expect(yield* db.get("k")).toBe("1");
        yield* numbers(db);
      }),
      { grace: 200 },
    );
  });

  test("a call without a timeout, and a wait, end when the silence has lasted too long", async () => {
    const { proxy, url } = await proxied();
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        const waits = createTask(errorOf(db.blpop("l", 0)));
        yield* until("it waits", () => somebodyWaits(db));
        proxy.cut();
        expect(yield* errorOf(db.get("k"))).toBeInstanceOf(ConnectionLostError);
        expect(yield* waits).toBeInstanceOf(ConnectionLostError);
        proxy.heal();
        yield* numbers(db);
      }),
      { silence: 1_000 },
    );
  });

  test("a wait that is cancelled in a dead network ends within the grace, and its connection is not used again", async () => {
    const { server: started, proxy, url } = await proxied();
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        const waits = createTask(db.blpop("l", 0));
        yield* until("it waits", () => somebodyWaits(db));
        proxy.cut();
        const begun = performance.now();
        waits.cancel();
        yield* gather([waits], { returnExceptions: true });
        expect(waits.cancelled).toBe(true);
        expect(performance.now() - begun).toBeLessThan(10_000);
        proxy.heal();
        yield* until(
          "the server has let it go",
          coroutine(function* () {
            return !(yield* somebodyWaits(db));
          }),
        );
        yield* db.rpush("l", "x");
        expect(yield* db.blpop("l", 0)).toEqual(["l", "x"]);
      }),
      { grace: 200 },
    );
    expect(started.pid).toBeGreaterThan(0);
  });

  test("resets in the middle of calls fail those, and no answer goes to another", async () => {
    const { proxy, url } = await proxied();
    await within(
      url,
      coroutine(function* (db: Redis): CoroutineBody<void> {
        let lost = 0;
        for (let round = 0; round < 20; round++) {
          const calls = Array.from({ length: 50 }, (_, i) => db.echo(`${round} ${i}`));
          const all = createTask(gather(calls, { returnExceptions: true }));
          yield* sleep(round % 4);
          proxy.reset();
          for (const [i, answer] of (yield* all).entries()) {
            if (answer instanceof Error) lost++;
            else expect(answer).toBe(`${round} ${i}`);
          }
        }
        expect(lost).toBeGreaterThan(0);
        // The last reset may have come when nothing was under way: it is noticed by the next call.
        yield* gather([db.ping()], { returnExceptions: true });
        yield* numbers(db);
      }),
    );
  });
});

test("cancelling while a connection is made leaves no connection, and the next call makes one", async () => {
  const { proxy, url } = await proxied();
  proxy.slow({ delay: 20 });
  await within(
    url,
    coroutine(function* (db: Redis): CoroutineBody<void> {
      for (let i = 0; i < 10; i++) {
        yield* moveOnAfter(i * 5, db.get("k"));
        yield* moveOnAfter(i * 5, db.blpop("l", 0));
      }
      proxy.slow({});
      expect(yield* db.ping()).toBe("PONG");
    }),
  );
  await expect.poll(() => proxy.connections, { timeout: 5_000 }).toBe(0);
});
