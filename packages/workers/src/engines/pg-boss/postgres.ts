/** PostgreSQL itself as the broker's database: a pool for statements, and one connection that listens and comes back by itself. */
import type { Client, Pool, PoolConfig } from "pg";
import { EngineError, MissingDriverError } from "../../errors.ts";
import type { Database, Row } from "./database.ts";

const CONNECT_TIMEOUT = 10_000;
/** A statement of ours takes milliseconds: after this, the network is cut. In ms. */
const LONGEST_ANSWER = 20_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5_000;
/** How long an idle listening connection may be dead unnoticed, and how long an answer may take, in ms. */
const LISTENER_CHECK = 10_000;
const LONGEST_GOODBYE = 1_000;

/** SQLSTATE classes and codes of the system and of this package's driver that say that the connection, not the statement, failed. */
const LOST_CODES: ReadonlySet<string> = new Set([
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
]);
const LOST_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|connection timeout|Client has encountered a connection error|not queryable|Query read timeout/i;

type Driver = typeof import("pg");

/** What is wrong with a first connection, where it will not mend by itself. */
const REFUSALS: Readonly<Record<string, string>> = {
  "28P01": "the password is wrong, or the user is unknown",
  "28000": "the user may not connect",
  "3D000": "there is no such database: create it first",
  "42501": "the user lacks a permission",
  "53100": "the disk of the server is full",
};

class SilentServerError extends Error {
  readonly code = "ETIMEDOUT";
  constructor(place: string) {
    super(`${place} has not answered for ${LONGEST_ANSWER / 1_000} s`);
  }
}

interface Listening {
  readonly heard: (payload: string) => void;
  readonly again: () => void;
}

export async function loadDriver(): Promise<Driver> {
  try {
    const loaded = (await import("pg")) as Driver & { default?: Driver };
    return loaded.default ?? loaded;
  } catch (error) {
    throw new MissingDriverError("pgBoss(…)", ["pg"], { cause: error });
  }
}

export class PostgresDatabase implements Database {
  readonly place: string;
  readonly #driver: Driver;
  readonly #config: PoolConfig;
  readonly #trouble: (message: string, error: unknown) => void;
  readonly #pool: Pool;
  /** Those of the pool: its own end waits for what they are asked. */
  readonly #clients = new Set<Client>();
  readonly #listening = new Map<string, Set<Listening>>();
  #listener: Client | undefined;
  #connecting: Promise<Client> | undefined;
  #check: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #pause = FIRST_PAUSE;
  #closed = false;

  constructor(driver: Driver, config: PoolConfig, trouble: (message: string, error: unknown) => void) {
    this.#driver = driver;
    this.#config = {
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      application_name: "brigade",
      keepAlive: true,
      ...config,
    };
    this.#trouble = trouble;
    this.place = `PostgreSQL at ${placeOf(new driver.Client(this.#config))}`;
    this.#pool = new driver.Pool(this.#config);
    this.#pool.on("connect", (client) => this.#clients.add(client));
    this.#pool.on("remove", (client) => this.#clients.delete(client));
    this.#pool.on("error", (error) => trouble(`lost a connection to ${this.place}`, error));
  }

  async executeSql(text: string, values?: unknown[]): Promise<{ rows: Row[] }> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const breaks = (error: Error): void => {
      broken = error;
    };
    client.on("error", breaks); // while it is ours, the pool does not listen
    let late: NodeJS.Timeout | undefined;
    try {
      const silent = new Promise<never>((_, reject) => {
        late = setTimeout(() => reject(broken ?? new SilentServerError(this.place)), LONGEST_ANSWER);
      });
      const asked: Promise<unknown> = values?.length ? client.query(text, values) : client.query(text);
      const result = await Promise.race([asked, silent]);
      // A text of several statements gives one result for each.
      if (Array.isArray(result)) return { rows: (result as { rows?: Row[] }[]).flatMap((one) => one.rows ?? []) };
      return result as { rows: Row[] };
    } catch (error) {
      // A text of several statements may have begun a transaction, which the next one must not meet.
      if (!values?.length || this.isLost(error)) broken ??= error as Error;
      throw error;
    } finally {
      clearTimeout(late);
      client.off("error", breaks);
      client.release(broken);
    }
  }

  async listen(
    channel: string,
    heard: (payload: string) => void,
    again: () => void,
  ): Promise<{ close(): Promise<void> }> {
    const listening: Listening = { heard, again };
    const known = this.#listening.get(channel);
    const all = known ?? new Set();
    this.#listening.set(channel, all.add(listening));
    if (this.#listener && !known) await this.#listener.query(`LISTEN "${channel}"`);
    else await this.#connected();
    again();
    return {
      close: async () => {
        all.delete(listening);
        if (all.size > 0) return;
        this.#listening.delete(channel);
        if (this.#listening.size === 0) await this.#stopListening();
        else await this.#listener?.query(`UNLISTEN "${channel}"`).catch(() => {});
      },
    };
  }

  isLost(error: unknown): boolean {
    if (this.#closed || !(error instanceof Error)) return false;
    const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    return errors.some((one) => {
      const code = (one as { code?: unknown }).code;
      if (typeof code === "string" && (LOST_CODES.has(code) || code.startsWith("08"))) return true;
      return one instanceof Error && LOST_MESSAGES.test(one.message);
    });
  }

  failure(error: unknown): EngineError {
    const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : error;
    const message = inner instanceof Error ? inner.message : String(inner);
    const { code } = error as { code?: unknown };
    const why = typeof code === "string" ? REFUSALS[code] : undefined;
    return new EngineError(`${this.place} can't be used: ${message}${why ? ` (${why})` : ""}`, { cause: error });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stopListening();
    const ended = this.#pool.end().catch(() => {});
    await Promise.race([ended, pause(LONGEST_GOODBYE)]);
    for (const client of this.#clients) cut(client); // what they wait for fails now
  }

  #connected(): Promise<Client> {
    if (this.#listener) return Promise.resolve(this.#listener);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Client> {
    const client = new this.#driver.Client(this.#config);
    client.on("error", (error) => this.#lost(client, error));
    client.on("end", () => this.#lost(client, new Error("the connection has ended")));
    client.on("notification", ({ channel, payload }) => {
      for (const { heard } of this.#listening.get(channel) ?? []) heard(payload ?? "");
    });
    try {
      await client.connect();
      for (const channel of this.#listening.keys()) await client.query(`LISTEN "${channel}"`);
    } catch (error) {
      await drop(client);
      throw error;
    }
    if (this.#closed) {
      await drop(client);
      throw new EngineError(`${this.place} is closed`);
    }
    this.#listener = client;
    this.#pause = FIRST_PAUSE;
    this.#check = setInterval(() => this.#look(client), LISTENER_CHECK).unref();
    return client;
  }

  /** A network that drops packets silently is noticed by an answer that doesn't come. */
  #look(client: Client): void {
    const late = setTimeout(() => this.#lost(client, new Error("no answer")), LISTENER_CHECK).unref();
    client.query("SELECT 1").then(
      () => clearTimeout(late),
      (error: unknown) => {
        clearTimeout(late);
        this.#lost(client, error);
      },
    );
  }

  #lost(client: Client, error: unknown): void {
    if (this.#listener !== client) return;
    this.#listener = undefined;
    clearInterval(this.#check);
    void drop(client);
    if (this.#closed) return;
    this.#trouble(`lost the listening connection to ${this.place}`, error);
    this.#comeBack();
  }

  #comeBack(): void {
    this.#again = setTimeout(() => void this.#tryAgain(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.#connected();
    } catch {
      if (!this.#closed) this.#comeBack();
      return;
    }
    for (const all of this.#listening.values()) for (const { again } of all) again();
  }

  async #stopListening(): Promise<void> {
    clearTimeout(this.#again);
    clearInterval(this.#check);
    await this.#connecting?.catch(() => {});
    const client = this.#listener;
    this.#listener = undefined;
    if (client) await drop(client);
  }
}

function placeOf(client: Client): string {
  const { host, port, database } = client;
  return `${host.startsWith("/") ? host : `${host}:${port}`}${database ? `, database ${database}` : ""}`;
}

/** A connection in an unknown state gets a goodbye, and no time. */
async function drop(client: Client): Promise<void> {
  await Promise.race([client.end().catch(() => {}), pause(LONGEST_GOODBYE)]);
  cut(client);
}

/** The driver has no name for it: a connection is left without a word. */
function cut(client: Client): void {
  (client as unknown as { connection?: { stream?: { destroy?: () => void } } }).connection?.stream?.destroy?.();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
