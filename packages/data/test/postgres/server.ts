/** What the tests of PostgreSQL share: one server a file, and a look at it from outside, over a connection of its own. */
import postgresJs, { type Sql } from "postgres";
import { afterAll, beforeAll } from "vitest";
import { type PostgresServer, type PostgresServerOptions, startPostgres } from "../servers/postgres.ts";

export const drivers = ["postgres", "pg"] as const;

const START = 60_000;

/** Waits until it holds, however busy the machine is. */
export async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const begun = performance.now();
  while (!(await holds())) {
    if (performance.now() - begun > 30_000) throw new Error(`still not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Observed {
  server!: PostgresServer;
  #admin: Sql | undefined;

  get url(): string {
    return this.server.url;
  }

  get admin(): Sql {
    this.#admin ??= postgresJs(this.server.url, {
      max: 1,
      onnotice: () => undefined,
      connection: { application_name: "observer" },
    });
    return this.#admin;
  }

  /** Of programs that give no name of their own. */
  async connections(name = "brigade"): Promise<number> {
    const [row] = await this.admin`select count(*)::int as n from pg_stat_activity where application_name = ${name}`;
    return row?.["n"] as number;
  }

  async locks(): Promise<number> {
    const [row] = await this
      .admin`select count(*)::int as n from pg_locks where pid <> pg_backend_pid() and locktype <> 'virtualxid'`;
    return row?.["n"] as number;
  }

  async forget(): Promise<void> {
    await this.#admin?.end({ timeout: 1 });
    this.#admin = undefined;
  }

  /** After whatever was done to it. */
  async startAgain(): Promise<void> {
    await this.forget();
    if (this.server.pid === 0) await this.server.restart();
    else this.server.resume();
  }

  async stop(): Promise<void> {
    await this.forget();
    await this.server.stop();
  }
}

/** Starts a server before the tests of the file, and stops it after them. */
export function observedServer(options: PostgresServerOptions = {}): Observed {
  const observed = new Observed();
  beforeAll(async () => {
    observed.server = await startPostgres(options);
  }, START);
  afterAll(() => observed.stop(), START);
  return observed;
}
