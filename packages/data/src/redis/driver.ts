/** The driver, loaded when it is first needed: a program that never opens Redis needs no ioredis. */
import type { Redis as Client, RedisOptions } from "ioredis";
import { MissingDriverError } from "../errors.ts";
import type { RedisAddress, Timing } from "./settings.ts";

export type { Client };

const LOADING_PAUSE = 200; // milliseconds until a server that loads its data is asked again

/** What is used of ioredis. It takes options and addresses in any order; what comes first counts. */
export interface Driver {
  readonly Redis: new (options: RedisOptions, address: string | RedisAddress) => Client;
}

/** Throws `MissingDriverError` when ioredis is not installed. */
export async function loadDriver(): Promise<Driver> {
  try {
    return await import("ioredis");
  } catch (error) {
    throw new MissingDriverError("redis()", ["ioredis"], { cause: error });
  }
}

/**
 * One client is one connection, which is never made again: the driver's own reconnecting would send calls twice that
 * may have run, and let others wait without end.
 */
export function makeClient(driver: Driver, address: string | RedisAddress, timing: Timing): Client {
  return new driver.Redis(
    {
      lazyConnect: true,
      retryStrategy: null,
      reconnectOnError: null,
      maxRetriesPerRequest: null,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      maxLoadingRetryTime: LOADING_PAUSE,
      connectTimeout: timing.connectTimeout,
      socketTimeout: timing.silence,
      replyMapping: "legacy",
      showFriendlyErrorStack: false,
    },
    address,
  );
}
