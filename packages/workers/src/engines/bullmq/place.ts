/** Where a Redis server is, and how it is reached: patient with one that is away, and soon clear about one that stays away. */
import type { Redis } from "ioredis";
import { EngineError, MissingDriverError } from "../../errors.ts";

/** A Redis server by its parts; `redis://user:password@host:6379/0` says the same. */
export interface RedisPlace {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 6379 unless given. */
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** The number of the database. 0 unless given. */
  readonly db?: number;
  /** Options of node:tls, or true; `rediss://` says true. */
  readonly tls?: object | boolean;
  /** Before the names of all keys. "bull", BullMQ's own, unless given. */
  readonly prefix?: string;
}

const TRIES = 10; // of connecting, before calls that wait for the connection fail: about 6 s
const SILENCE = 15_000; // ms without an answer before a connection counts as lost; BullMQ blocks for 10 s at most
const CONNECTING = 5_000; // ms

export interface Drivers {
  readonly bullmq: typeof import("bullmq");
  readonly Redis: typeof Redis;
}

/** Loads the packages. Throws `MissingDriverError`. */
export async function loadDrivers(): Promise<Drivers> {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis: ioredis.Redis };
  } catch (cause) {
    throw new MissingDriverError("bullmq(…)", ["bullmq", "ioredis"], { cause });
  }
}

/** Throws `TypeError` for what is no address of Redis; it does not show the address, which may hold a password. */
export function placeOf(place: string | URL | RedisPlace): RedisPlace {
  if (typeof place === "object" && !(place instanceof URL)) return place;
  let url: URL;
  try {
    url = new URL(place);
  } catch {
    throw new TypeError("bullmq: that is no address: write redis://127.0.0.1:6379, or rediss://user:password@host/0");
  }
  if (!["redis:", "rediss:"].includes(url.protocol) || !/^\/?\d*$/.test(url.pathname))
    throw new TypeError(
      `bullmq: "${url.protocol}//${url.host}${url.pathname}" is no address of Redis: write redis://host:6379/0`,
    );
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    ...(url.port !== "" && { port: Number(url.port) }),
    ...(url.username !== "" && { username: decodeURIComponent(url.username) }),
    ...(url.password !== "" && { password: decodeURIComponent(url.password) }),
    ...(url.pathname.length > 1 && { db: Number(url.pathname.slice(1)) }),
    ...(url.protocol === "rediss:" && { tls: true }),
  };
}

/** For messages. */
export function nameOf({ host = "127.0.0.1", port = 6379 }: RedisPlace): string {
  return `Redis at ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What ioredis and BullMQ are told of a connection. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
  readonly retryStrategy: (times: number) => number | null;
  readonly maxRetriesPerRequest: number | null;
  readonly connectTimeout: number;
  readonly socketTimeout?: number;
}

/** Options of a connection that is restored as long as somebody wants it. `patient`: its calls wait for that, however long. */
export function optionsOf(place: RedisPlace, patient: boolean): ConnectionSettings {
  const { host = "127.0.0.1", port = 6379, username, password, db = 0, tls } = place;
  return {
    host,
    port,
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && tls !== false && { tls: tls === true ? {} : tls }),
    retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    maxRetriesPerRequest: patient ? null : TRIES,
    connectTimeout: CONNECTING,
    socketTimeout: SILENCE,
  };
}

/** Connects once, to find out what may be wrong. Throws `EngineError`. */
export async function probe({ Redis }: Drivers, place: RedisPlace): Promise<void> {
  const redis = new Redis({
    ...optionsOf(place, false),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let seen: unknown;
  redis.on("error", (error) => {
    seen = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw connectError(place, seen ?? error);
  } finally {
    redis.disconnect();
  }
}

function connectError(place: RedisPlace, error: unknown): EngineError {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  let what = `can't be reached: ${message || code || String(error)}. Does it run, and is the address right?`;
  if (/WRONGPASS|invalid password|invalid username/i.test(message ?? ""))
    what = "refuses the user name or the password";
  else if (/NOAUTH/.test(message ?? "")) what = "wants a password: redis://:password@host:6379, or user:password";
  else if (/NOPERM/.test(message ?? ""))
    what = `does not let user "${place.username ?? "default"}" do this: ${message}`;
  else if (/DB index|out of range/i.test(message ?? "")) what = `has no database ${place.db ?? 0}: use a lower number`;
  return new EngineError(`bullmq: ${nameOf(place)} ${what}`, { cause: causeOf(error) });
}

/** What may be shown of a driver's error: commands that it carries may hold the password. */
export function causeOf(error: unknown): Error {
  const { name = "Error", message = String(error), code } = error as Partial<Error> & { readonly code?: string };
  return Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });
}

/** The error of a call. */
export function callError(place: RedisPlace, error: unknown): EngineError {
  const { message = String(error) } = error as Partial<Error>;
  let what = `a call failed: ${message}`;
  if (/max retries per request|Connection is closed|ECONN|Socket timeout/i.test(message))
    what = `can't be reached: ${message}`;
  else if (/^OOM|maxmemory/.test(message)) what = `has no memory left (maxmemory): ${message}`;
  else if (message.startsWith("MISCONF")) what = `can't write to its disk: ${message}`;
  else if (message.startsWith("READONLY")) what = `is a replica, and takes no jobs: ${message}`;
  return new EngineError(`bullmq: ${nameOf(place)} ${what}`, { cause: causeOf(error) });
}
