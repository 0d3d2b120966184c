/** Opens Redis for the body of a `use`. */
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  coroutine,
  type Ending,
  fromPromise,
  getRunningLoop,
  type Stream,
} from "brigade";
import type { Build } from "./batch.ts";
import { addCommands, addQueued } from "./commands.ts";
import { Database } from "./database.ts";
import { type Driver, loadDriver } from "./driver.ts";
import { OwnCommands } from "./own.ts";
import type { SubscribeOptions, Subscription } from "./pubsub/subscription.ts";
import type { EntriesOptions, Entry, GroupOptions, ScanOptions } from "./reading.ts";
import { checkAddress, type RedisAddress, type RedisSettings, type Timing, timingOf } from "./settings.ts";
import type { Commands, Key, Queued, Results } from "./types.ts";

/** A script that fails leaves a result of any kind: say which you expect. */
type Script = <T = unknown>(text: string, keys?: readonly Key[], args?: readonly (Key | number)[]) => Awaitable<T>;

/** Commands that go to the server together. */
interface Together {
  /**
   * Sends the commands that the function queues at once, and waits for all: the results of those it gives, in that order
   * (redis-py: `pipeline(transaction=False)`). The server may run commands of others in between. All are run even when one fails: then it
   * throws the `QueryError` of the first one.
   */
  pipeline<const Q extends readonly Queued<unknown>[]>(build: Build<Q>): Awaitable<Results<Q>>;
  /**
   * The same as a transaction, MULTI … EXEC: nothing of others runs in between. One that the server refuses keeps all from running;
   * one that fails while it runs (`WRONGTYPE`) does not undo the others. Throws `WatchError` when a watched key was changed.
   */
  multi<const Q extends readonly Queued<unknown>[]>(build: Build<Q>): Awaitable<Results<Q>>;
}

/** A connection of one's own: with all commands, and with `wait`. */
export interface RedisConnection extends Commands, Together {
  /** Waits until replicas have the writes of this connection, or for the milliseconds given; how many have them. */
  wait(replicas: number, timeout: number): Awaitable<number>;
}

/**
 * Redis or Valkey: every command is a method, with the driver's own types, that gives something to wait for. Commands of
 * all tasks share one connection; what is sent in one turn of the loop travels together. Commands that wait on the server
 * (`blpop`, `brpop`, `blmove`, `blmpop`, `bzpopmin`, `xread` with BLOCK …) have a connection of their own each.
 *
 * A command that is cancelled was sent, and may have run: its task unwinds when the answer is there, which nobody sees. Without an
 * answer within the grace, the connection is destroyed, and other calls on it throw `ConnectionLostError`. A waiting
 * command that is cancelled ends on the server (CLIENT UNBLOCK); an element that it took all the same goes back where it
 * was, before the task unwinds. What a waiting command took and the network then lost is lost: work that may not be lost
 * goes through `blmove` or a stream with a group.
 *
 * Every command throws `ConnectError` when there is no connection and none can be made, `ConnectionLostError` when the
 * connection was lost before the answer came (it may have run, and is not sent again), and `QueryError` for what the server refuses, whose
 * `code` is its first word: WRONGTYPE, OOM, READONLY, NOPERM …
 */
export interface Redis extends Commands, Together {
  /** A connection that the body has for itself. It goes back at the end, or is destroyed when something is under way on it. */
  connection(): AsyncContextManager<RedisConnection>;
  /** The same with keys watched: `multi` then throws `WatchError` when somebody else has changed one of them since. */
  watch(...keys: readonly Key[]): AsyncContextManager<RedisConnection>;
  /**
   * Runs the body with keys watched, and again when its `multi` threw `WatchError` (redis-py: `transaction`): up to
   * `retries` times, 100 unless given. Gives what the body returns.
   */
  transaction<T>(
    keys: readonly Key[],
    body: (watched: RedisConnection) => Awaitable<T>,
    options?: { readonly retries?: number },
  ): Awaitable<T>;
  /** Runs a Lua script: by its digest, and with its text when the server does not know it. */
  lua: Script;

  /**
   * What is published to channels. Throws `SlowSubscriberError` when more messages wait to be read than the buffer holds, unless
   * it drops the oldest. When the connection is lost it subscribes again by itself, and a gap tells that messages are missing.
   */
  subscribe(channels: string | readonly string[], options?: SubscribeOptions): Subscription;
  subscribeBuffer(channels: string | readonly string[], options?: SubscribeOptions): Subscription<Buffer>;
  /** The same for channels that fit patterns. */
  psubscribe(patterns: string | readonly string[], options?: SubscribeOptions): Subscription;
  psubscribeBuffer(patterns: string | readonly string[], options?: SubscribeOptions): Subscription<Buffer>;
  /** The same for shard channels. */
  ssubscribe(channels: string | readonly string[], options?: SubscribeOptions): Subscription;
  ssubscribeBuffer(channels: string | readonly string[], options?: SubscribeOptions): Subscription<Buffer>;

  /**
   * The entries of Redis streams (XREAD), without end: those after an id, `"0"` from the first one, `"$"` (as for a plain name) those
   * that come from now on. A lost connection is made again, and no entry is missed.
   */
  entries(from: string | Readonly<Record<string, string>>, options?: EntriesOptions): Stream<Entry>;
  /**
   * The entries of Redis streams for one consumer of a group (XREADGROUP), without end: first those that it was given
   * before and has not acknowledged (`xack`), then new ones. A lost connection is made again.
   */
  groupEntries(streams: string | readonly string[], options: GroupOptions): Stream<Entry>;

  /** Keys, one after the other (SCAN). A key that is there all the time comes once at least. */
  scanStream(options?: ScanOptions & { readonly type?: string }): Stream<string>;
  /** Members of a set (SSCAN). */
  sscanStream(key: string, options?: ScanOptions): Stream<string>;
  /** Fields of a hash with their values (HSCAN). */
  hscanStream(key: string, options?: ScanOptions): Stream<[field: string, value: string]>;
  /** Members of a sorted set with their scores (ZSCAN). */
  zscanStream(key: string, options?: ScanOptions): Stream<[member: string, score: string]>;
}

/**
 * Redis or Valkey (6.2 and later) for the body of `use`, through ioredis (redis-py's `redis.asyncio.Redis`, as a context
 * manager). Connections are opened when the first call needs them. At the end of the body calls under way are awaited, or
 * ended when the body threw or was cancelled; waiting calls and subscriptions end with `InvalidStateError`; every connection is closed.
 *
 * `address`: a URL (`redis://user:password@host:6379/0`, `rediss://` for TLS, `unix:///path`), the path of a socket, or
 * ioredis's options. Throws `MissingDriverError` without ioredis, `TypeError` and `RangeError` for what can't be right.
 *
 * @example
 * ```ts no-run
 * import { run, use } from "brigade";
 * import { redis } from "@brigade/data/redis";
 *
 * await run(
 *   use(redis("redis://127.0.0.1:6379"), function* (db) {
 *     yield* db.set("greeting", "hello", "EX", 60);
 *     const [greeting, visits] = yield* db.multi((commands) => [commands.get("greeting"), commands.incr("visits")]);
 *     console.log(greeting, visits);
 *   }),
 * );
 * ```
 */
export function redis(address: string | RedisAddress, settings: RedisSettings = {}): AsyncContextManager<Redis> {
  checkAddress(address);
  return new Opening(address, timingOf(settings));
}

class Opening implements AsyncContextManager<Redis> {
  readonly #address: string | RedisAddress;
  readonly #timing: Timing;
  #database: Database | undefined;

  constructor(address: string | RedisAddress, timing: Timing) {
    this.#address = address;
    this.#timing = timing;
  }

  readonly enter: () => Awaitable<Redis> = coroutine(function* enter(this: Opening): CoroutineBody<Redis> {
    const driver = yield* fromPromise(loadDriver());
    equip(driver);
    this.#database = new Database({ driver, address: this.#address, timing: this.#timing, loop: getRunningLoop() });
    return this.#database as unknown as Redis;
  }).bind(this);

  exit(ending: Ending): Awaitable<void> {
    return (this.#database as Database).close(ending);
  }
}

let equipped = false;

/** Gives the classes a method for each command. */
function equip(driver: Driver): void {
  if (equipped) return;
  equipped = true;
  addCommands(driver, Database.prototype);
  addCommands(driver, OwnCommands.prototype);
  addQueued(driver);
}
