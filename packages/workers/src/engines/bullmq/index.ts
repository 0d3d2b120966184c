/** BullMQ as an engine: jobs on Redis or Valkey. */
import { contextManager, fromPromise, moveOnAfter } from "brigade";
import type { Engine, OpenOptions } from "../../engine/engine.ts";
import { BullmqBroker } from "./broker.ts";
import type { Connection, JobQueue } from "./connection.ts";
import { causeOf, loadDrivers, optionsOf, placeOf, probe, type RedisPlace } from "./place.ts";
import { Watcher } from "./watcher.ts";

export type { RedisPlace } from "./place.ts";

const CLOSING = 3_000; // ms
const BETWEEN_TELLING = 30_000; // ms; each try of a lost connection fails in the same way

/**
 * Keeps jobs on Redis or Valkey, with BullMQ: for production, on as many machines as you like. Takes an address, `redis://…` or `rediss://…`, or its parts. Connects to
 * nothing itself. Needs the packages bullmq and ioredis: opening it throws `MissingDriverError` without them, and `EngineError` when
 * the server can't be reached. Throws `TypeError` for what is no address.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { bullmq, workers } from "@brigade/workers";
 *
 * const engine = bullmq({ host: "redis.example", password: process.env["REDIS_PASSWORD"] ?? "" });
 * console.log(await run(use(workers({ engine }), ({ counts }) => counts())));
 * ```
 */
export function bullmq(place: string | URL | RedisPlace): Engine {
  const server = placeOf(place);
  return { name: "bullmq", open: (options) => opened(server, options) };
}

const opened = /* @__PURE__ */ contextManager(function* bullmqBroker(
  place: RedisPlace,
  { queue: queueName, keep, trouble }: OpenOptions,
) {
  const drivers = yield* fromPromise(loadDrivers());
  yield* fromPromise(() => probe(drivers, place));
  const { prefix = "bull" } = place;
  let open = true;
  const told = new Map<string, number>(); // what was told, and when
  const tell = (message: string, error: unknown): void => {
    const now = performance.now();
    if (!open || now - (told.get(message) ?? -Infinity) < BETWEEN_TELLING) return;
    told.set(message, now);
    trouble(message, causeOf(error));
  };
  const redis = new drivers.Redis(optionsOf(place, false));
  redis.on("error", (error) => tell("the connection with Redis is interrupted; it is restored soon", error));
  const queue: JobQueue = new drivers.bullmq.Queue(queueName, { connection: redis, prefix });
  queue.on("error", () => {}); // the client's own
  const connection: Connection = { drivers, place, queueName, prefix, keep, trouble: tell, redis, queue };
  const watcher = new Watcher(connection);
  try {
    yield new BullmqBroker(connection, watcher);
  } finally {
    open = false;
    watcher.close();
    yield* moveOnAfter(CLOSING, fromPromise(queue.close().catch(() => {})));
    redis.disconnect();
  }
});
