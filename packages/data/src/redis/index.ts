/** Redis and Valkey for coroutines. */
export { ConnectError, ConnectionLostError, MissingDriverError, QueryError } from "../errors.ts";
export type { Build } from "./batch.ts";
export { ElementLostError, SlowSubscriberError, WatchError } from "./errors.ts";
export type { Gap, Message, SubscribeOptions, Subscription } from "./pubsub/subscription.ts";
export type { EntriesOptions, Entry, GroupOptions, ScanOptions } from "./reading.ts";
export { type Redis, type RedisConnection, redis } from "./redis.ts";
export type { RedisAddress, RedisSettings } from "./settings.ts";
export type { Commands, Key, Queued, QueuedCommandSet, Results } from "./types.ts";
