/** A job that BullMQ's worker has claimed, as the port wants it. */
import { type Awaitable, type CoroutineBody, coroutine, fromPromise, type SettableFuture } from "brigade";
import type { Job } from "bullmq";
import type { Claim, Interruption, JobPayload } from "../../engine/engine.ts";
import type { Connection, StoredResult } from "./connection.ts";

export type ClaimedJob = Job<JobPayload, StoredResult>;

export class JobClaim implements Claim {
  readonly id: string;
  readonly payload: JobPayload;
  readonly failures: number;
  readonly deaths: number;
  readonly interrupted: SettableFuture<Interruption>;
  readonly job: ClaimedJob;
  readonly token: string;
  /** When its lease was renewed, or was about to be. */
  renewed: number = performance.now();
  readonly #connection: Connection;

  constructor(job: ClaimedJob, token: string, interrupted: SettableFuture<Interruption>, connection: Connection) {
    this.id = job.id as string;
    this.payload = job.data;
    this.failures = job.attemptsMade;
    this.deaths = job.stalledCounter;
    this.interrupted = interrupted;
    this.job = job;
    this.token = token;
    this.#connection = connection;
  }

  progress(value: string): Awaitable<void> {
    return progressing(this.job, value, this.#connection);
  }
}

const progressing = /* @__PURE__ */ coroutine(function* progress(
  job: ClaimedJob,
  value: string,
  { trouble }: Connection,
): CoroutineBody<void> {
  try {
    yield* fromPromise(() => job.updateProgress(value));
  } catch (error) {
    trouble("a progress was lost", error);
  }
});
