/** Storms over Redis: commands on the shared connection, and waiting pops on connections of their own. */
import { connect } from "node:net";
import { coroutine } from "brigade";
import { type Redis, redis } from "@brigade/data/redis";
import { afterAll, beforeAll } from "vitest";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import type { Subject } from "./storms.ts";
import { describeStorms } from "./suite.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop(), 60_000);

/** Asked without the driver: the connection that asks is not counted. */
function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write("CLIENT LIST\r\nQUIT\r\n"));
    let text = "";
    socket.on("data", (data) => (text += data.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve((text.match(/^id=/gm)?.length ?? 0) + (text.includes("\nid=") ? 0 : 1) - 1));
  });
}

function subject(): Subject<Redis> {
  return {
    name: "Redis",
    scale: 1,
    fifo: false,
    open: (max) => redis(server.url, { max, grace: 500 }),
    ask: coroutine(function* (db: Redis, n: number) {
      return Number(yield* db.echo(String(n)));
    }),
    slowly: coroutine(function* (db: Redis, n: number) {
      const nothing = yield* db.blpop(`nothing:${n}`, 0.03);
      if (nothing !== null) return -1;
      return Number(yield* db.echo(String(n)));
    }),
    connections,
    most: (max) => max + 2,
  };
}

describeStorms("Redis", subject);
