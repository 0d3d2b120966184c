/** pg-boss on PostgreSQL: for programs that have PostgreSQL anyway. */
import {
  type AsyncContextManager,
  type Coroutine,
  coroutine,
  type CoroutineBody,
  type Ending,
  fromPromise,
} from "brigade";
import type { PoolConfig } from "pg";
import type { Broker, Engine, OpenOptions } from "../../engine/engine.ts";
import { openBroker } from "./open.ts";
import { loadDriver, PostgresDatabase } from "./postgres.ts";

/** Where PostgreSQL is: what the package "pg" takes. */
export interface PostgresPlace
  extends Pick<PoolConfig, "host" | "port" | "user" | "password" | "database" | "ssl" | "connectionTimeoutMillis"> {
  /** `postgres://user:password@host:port/database`. */
  readonly url?: string;
  /** How many connections at most, beside one that listens. Default 10. */
  readonly max?: number;
}

/**
 * Keeps jobs in PostgreSQL, in a schema of its own named "brigade", by pg-boss. `place` is a URL or options; without one, what the
 * environment says (`PGHOST`, `PGDATABASE`, …). Needs the package `pg`: opening throws `MissingDriverError` without it, and
 * `EngineError` when the server can't be reached, refuses the user, or has no such database. The user needs the right to create a schema the
 * first time.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { pgBoss, task, workers } from "@brigade/workers";
 *
 * const add = task(function* add(a: number, b: number) {
 *   return a + b;
 * });
 * await run(use(workers({ engine: pgBoss("postgres://127.0.0.1/app") }), ({ run }) => run(add, [1, 2])));
 * ```
 */
export function pgBoss(place: string | PostgresPlace = {}): Engine {
  if (typeof place !== "string" && (typeof place !== "object" || place === null))
    throw new TypeError(`pgBoss takes a URL or options, not ${place === null ? "null" : typeof place}`);
  const { url, ...rest } = typeof place === "string" ? { url: place } : place;
  const config: PoolConfig = { ...rest, ...(url === undefined ? undefined : { connectionString: url }) };
  return { name: "pg-boss", open: (options) => new PostgresManager(config, options) };
}

class PostgresManager implements AsyncContextManager<Broker> {
  readonly #config: PoolConfig;
  readonly #options: OpenOptions;
  #open: AsyncContextManager<Broker> | undefined;

  constructor(config: PoolConfig, options: OpenOptions) {
    this.#config = config;
    this.#options = options;
  }

  readonly enter: () => Coroutine<Broker> = coroutine(function* openPostgres(
    this: PostgresManager,
  ): CoroutineBody<Broker> {
    const database = new PostgresDatabase(yield* fromPromise(loadDriver()), this.#config, this.#options.trouble);
    this.#open = openBroker(database, "postgres", this.#options);
    return yield* this.#open.enter();
  });

  readonly exit: (ending: Ending) => Coroutine<void> = coroutine(function* closePostgres(
    this: PostgresManager,
    ending: Ending,
  ): CoroutineBody<void> {
    if (this.#open) yield* this.#open.exit(ending);
  });
}
