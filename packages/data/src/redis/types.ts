/** The commands of a Redis server as the driver declares them, each as something a coroutine waits for. */
import type { Awaitable } from "brigade";
import type { RedisCommander, RedisKey } from "ioredis";

declare module "ioredis/built/utils/RedisCommander.js" {
  interface ResultTypes<Result, Context> {
    brigade: Awaitable<Result>;
    brigadeQueued: Queued<Result>;
  }
}

declare const queued: unique symbol;
/** A command that stands in a pipeline or a transaction: its result comes when the whole was run. */
export interface Queued<T> {
  readonly [queued]: T;
}

/** What changes the state of a connection, or takes it over: not for one that all calls share. */
type OfOneConnection =
  | "multi"
  | "exec"
  | "discard"
  | "watch"
  | "unwatch"
  | "select"
  | "auth"
  | "hello"
  | "quit"
  | "reset"
  | "monitor"
  | "readonly"
  | "readwrite"
  | "asking"
  | "sync"
  | "psync"
  | "wait"
  | "waitaof";
type OfSubscribers = "subscribe" | "psubscribe" | "ssubscribe" | "unsubscribe" | "punsubscribe" | "sunsubscribe";
type OfPipelines = "pipeline" | "execBuffer" | "multiBuffer";

type AllCommands = RedisCommander<{ type: "brigade" }>;
type QueuedCommands = RedisCommander<{ type: "brigadeQueued" }>;

/** Every command of Redis that a shared connection can take, with the driver's own types. */
export interface Commands extends Omit<AllCommands, OfOneConnection | OfSubscribers | OfPipelines> {}

/** Commands that are collected, to be sent together. */
export interface QueuedCommandSet
  extends Omit<QueuedCommands, OfOneConnection | OfSubscribers | OfPipelines | "blpop" | "brpop" | "blmove"> {}

/** The results of queued commands, in their order. */
export type Results<Q extends readonly Queued<unknown>[]> = {
  -readonly [K in keyof Q]: Q[K] extends Queued<infer T> ? T : never;
};
export type Key = RedisKey;
