/** pg-boss as coroutines use it: every call waits for a lost connection to come back, for a while. All calls can be repeated. */
import { createHash } from "node:crypto";
import {
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  fromCallback,
  getRunningLoop,
  sleep,
} from "brigade";
import type { PgBoss } from "pg-boss";
import type { Database, Row } from "./database.ts";
import { type JobRow, jobRow, selectJobs } from "./records.ts";

/** How long a call waits for a server that has gone, in ms. */
const PATIENCE = 30_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

export type Trouble = (message: string, error: unknown) => void;

export class Link {
  readonly boss: PgBoss;
  readonly database: Database;
  readonly queue: string;
  readonly trouble: Trouble;
  /** Of this queue's notifications. */
  readonly channel: string;

  constructor(boss: PgBoss, database: Database, queue: string, trouble: Trouble) {
    this.boss = boss;
    this.database = database;
    this.queue = queue;
    this.trouble = trouble;
    this.channel = `brigade_${createHash("sha256").update(queue).digest("hex").slice(0, 24)}`;
  }

  /** `work` is called again when the connection was lost under it. Cancellation leaves at once, and lets the statement end. */
  call<T>(work: () => Promise<T>, patience: number = PATIENCE): Coroutine<T> {
    return calling(this.database, work, patience);
  }

  sql(text: string, values: unknown[], patience?: number): Coroutine<{ rows: Row[] }> {
    return this.call(() => this.database.executeSql(text, values), patience);
  }

  jobs(where: string, values: readonly unknown[] = []): Coroutine<readonly JobRow[]> {
    const text = selectJobs(where);
    return this.call(async () => (await this.database.executeSql(text, [this.queue, ...values])).rows.map(jobRow));
  }
}

const calling = /* @__PURE__ */ coroutine(function* call<T>(
  database: Database,
  work: () => Promise<T>,
  patience: number,
): CoroutineBody<T> {
  const loop = getRunningLoop();
  const until = loop.time() + patience;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return yield* settled(work(), "statement");
    } catch (error) {
      if (!database.isLost(error)) throw isRefused(error) ? database.failure(error) : error;
      if (loop.time() >= until) {
        throw database.failure(error);
      }
    }
    yield* sleep(pause);
  }
});

/** Waits for a promise that nothing can stop. Cancellation leaves at once; what becomes of it then is nobody's concern. */
export function settled<T>(promise: Promise<T>, label: string): Awaitable<T> {
  return fromCallback<T>((reply) => {
    promise.then(
      (value) => reply.succeed(value),
      (error: unknown) => reply.fail(error),
    );
    return undefined;
  }, label);
}

/** PostgreSQL has answered, with one of its codes. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(String((error as { readonly code?: string }).code ?? ""));
}
