/** An open connection with a queue on Redis: what the parts of the engine share. */
import type { Queue } from "bullmq";
import { type Awaitable, type CoroutineBody, coroutine, fromPromise } from "brigade";
import type { Redis } from "ioredis";
import type { JobEnd, JobPayload } from "../../engine/engine.ts";
import { callError, type Drivers, type RedisPlace } from "./place.ts";

/** What BullMQ keeps as the value of a completed job: the text of a result, or where a large one stands; null: it was cancelled. */
export type StoredResult = string | { readonly stored: true } | null;

export type JobQueue = Queue<JobPayload, StoredResult>;

export interface Connection {
  readonly drivers: Drivers;
  readonly place: RedisPlace;
  readonly queueName: string;
  /** Before the names of BullMQ's keys. */
  readonly prefix: string;
  /** In ms. */
  readonly keep: number;
  readonly trouble: (message: string, error: unknown) => void;
  /** For calls of this engine; the queue uses it too. */
  readonly redis: Redis;
  readonly queue: JobQueue;
}

/** Keys of this engine's own, beside BullMQ's. All but `turn` and `reserved` are named by a job's id. */
export function keyOf(
  { prefix, queueName }: Connection,
  kind: "cancel" | "result" | "turn" | "reserved",
  name: string,
): string {
  return `${prefix}-brigade:${queueName}:${kind}:${name}`;
}

/** The channel on which workers hear whose end is wanted. */
export function cancelChannel({ prefix, queueName }: Connection): string {
  return `${prefix}-brigade:${queueName}:cancel`;
}

/** Waits for a call of Redis, which has ended when this has, also when it is cancelled. Throws `EngineError`. */
export const ask: <T>(connection: Connection, call: () => Promise<T>) => Awaitable<T> = /* @__PURE__ */ coroutine(
  function* ask<T>({ place }: Connection, call: () => Promise<T>): CoroutineBody<T> {
    try {
      return yield* fromPromise(() => call());
    } catch (error) {
      throw callError(place, error);
    }
  },
) as <T>(connection: Connection, call: () => Promise<T>) => Awaitable<T>;

/** What is written of a job that has ended; `undefined` while it has not. */
export interface JobRecord {
  readonly known: boolean;
  readonly end: JobEnd | undefined;
  readonly progress: string | undefined;
  readonly failures: number;
  readonly deaths: number;
}

const FIELDS = ["timestamp", "finishedOn", "returnvalue", "failedReason", "progress", "atm", "stc"] as const;
const PIECE = 500; // jobs in one message: Redis serves nobody else meanwhile

/** What is remembered of the jobs, in the order of their ids. */
export async function readRecords(connection: Connection, ids: readonly string[]): Promise<JobRecord[]> {
  const records: JobRecord[] = [];
  for (let from = 0; from < ids.length; from += PIECE) {
    const piece = ids.slice(from, from + PIECE);
    const pipeline = connection.redis.pipeline();
    for (const id of piece) {
      pipeline.hmget(connection.queue.toKey(id), ...FIELDS);
      pipeline.exists(keyOf(connection, "cancel", id));
    }
    const replies = (await pipeline.exec()) ?? [];
    for (let index = 0; index < piece.length; index++) {
      const [[hashError, hash] = [], [markError, marked] = []] = replies.slice(2 * index, 2 * index + 2);
      if (hashError ?? markError) throw hashError ?? markError;
      records.push(await recordOf(connection, piece[index] as string, hash as (string | null)[], marked === 1));
    }
  }
  return records;
}

async function recordOf(
  connection: Connection,
  id: string,
  [timestamp, finished, value, reason, progress, failures, deaths]: (string | null)[],
  cancelled: boolean,
): Promise<JobRecord> {
  const known = timestamp !== null && timestamp !== undefined;
  let end: JobEnd | undefined;
  if (!known) end = cancelled ? { kind: "cancelled" } : undefined;
  else if (typeof finished === "string") {
    if (typeof value === "string") end = await endOf(connection, id, JSON.parse(value) as StoredResult);
    else end = { kind: "dead", error: reason ?? "" };
  }
  return {
    known: known || cancelled,
    end,
    progress: typeof progress === "string" ? progressOf(JSON.parse(progress)) : undefined,
    failures: Number(failures ?? 0),
    deaths: Number(deaths ?? 0),
  };
}

/** BullMQ begins with a progress of 0. */
export function progressOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The end that a completed job's value tells; fetches a large result. */
export async function endOf(
  connection: Connection,
  id: string,
  stored: StoredResult | undefined,
): Promise<JobEnd | undefined> {
  if (stored === null || stored === undefined) return { kind: "cancelled" };
  if (typeof stored === "string") return { kind: "completed", value: stored };
  const value = await connection.redis.get(keyOf(connection, "result", id));
  return value === null ? undefined : { kind: "completed", value };
}
