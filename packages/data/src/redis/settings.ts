/** What `redis()` takes, checked and with its defaults. */
import { type Duration, milliseconds } from "brigade";
import type { RedisOptions as DriverOptions } from "ioredis";

/** What the driver decides here by itself would be done behind the caller's back: sending twice, waiting without end. */
type Decided =
  | "retryStrategy"
  | "reconnectOnError"
  | "maxRetriesPerRequest"
  | "autoResendUnfulfilledCommands"
  | "autoResubscribe"
  | "enableOfflineQueue"
  | "enableAutoPipelining"
  | "autoPipeliningIgnoredCommands"
  | "offlineQueue"
  | "commandQueue"
  | "commandTimeout"
  | "blockingTimeout"
  | "blockingTimeoutGrace"
  | "socketTimeout"
  | "connectTimeout"
  | "lazyConnect"
  | "monitor"
  | "replyMapping"
  | "scripts"
  | "himportFieldsets"
  | "showFriendlyErrorStack";

/** Where the server is and who asks: `host`, `port`, `path`, `username`, `password`, `db`, `tls`, `sentinels`, `keyPrefix` … of ioredis. */
export type RedisAddress = Omit<DriverOptions, Decided>;

export interface RedisSettings {
  /** How long a cancelled call waits for its answer before its connection is destroyed. Default: 1 s. */
  readonly grace?: Duration;
  /** How long it may take until a connection is ready for calls. Default: 10 s. */
  readonly connectTimeout?: Duration;
  /**
   * A connection that owes an answer, and from which nothing came for so long, counts as lost. A call that runs on the
   * server for longer fails. Waiting calls (`blpop`) and subscriptions ask in between whether the server is there. Default: 30 s.
   */
  readonly silence?: Duration;
  /** How many connections there may be for waiting calls, `watch` and `connection`, besides the shared one. Default: 100. */
  readonly max?: number;
  /** How long one of these is kept while nobody uses it. Default: 30 s. */
  readonly idleTimeout?: Duration;
  /** How long a call waits for one of these to come free. Default: 30 s. */
  readonly acquireTimeout?: Duration;
}

/** The same in milliseconds. */
export interface Timing {
  readonly grace: number;
  readonly connectTimeout: number;
  readonly silence: number;
  readonly max: number;
  readonly idleTimeout: number;
  readonly acquireTimeout: number;
}

export function timingOf(settings: RedisSettings): Timing {
  const max = settings.max ?? 100;
  if (!(Number.isInteger(max) && max >= 1))
    throw new RangeError(`redis: max is a whole number of at least 1, not ${max}`);
  const silence = milliseconds(settings.silence ?? "30s", "silence");
  if (silence < 100) throw new RangeError(`redis: silence is at least 100 ms, not ${silence}`);
  return {
    grace: milliseconds(settings.grace ?? "1s", "grace"),
    connectTimeout: milliseconds(settings.connectTimeout ?? "10s", "connectTimeout"),
    silence,
    max,
    idleTimeout: milliseconds(settings.idleTimeout ?? "30s", "idleTimeout"),
    acquireTimeout: milliseconds(settings.acquireTimeout ?? "30s", "acquireTimeout"),
  };
}

/** Looks for mistakes. What the address holds may be a password, or be taken for something else, and is not shown. */
export function checkAddress(address: string | RedisAddress): void {
  if (typeof address === "string") {
    if (!address.startsWith("/")) checkURL(address);
  } else if (typeof address !== "object" || address === null) {
    throw new TypeError(`redis: the address is a URL or an object with host, port …, not ${typeof address}`);
  }
}

function checkURL(address: string): void {
  const url = URL.parse(address);
  if (!/^(rediss?|unix):\/\//.test(address) || url === null) throw notAnAddress();
  const { pathname, search, hash, protocol } = url;
  const aside = `${pathname}${search}${hash}`; // where the rest of a password lands that is not percent-encoded
  if (aside.includes("@") || (protocol !== "unix:" && !/^\/?\d*$/.test(pathname))) throw notAnAddress();
  try {
    decodeURIComponent(`${url.username}:${url.password}`);
  } catch {
    throw notAnAddress();
  }
}

function notAnAddress(): TypeError {
  return new TypeError(
    "redis: the address is redis://user:password@host:port/database, rediss:// for TLS, unix:///path, or the path of a socket; " +
      "what is special in a password has to be percent-encoded (encodeURIComponent)",
  );
}
