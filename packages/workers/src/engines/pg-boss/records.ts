/**
 * What is remembered of jobs: the rows of pg-boss, which are only read here, and beside them notes of ours, for jobs that failed,
 * were handed back, told of progress, or were cancelled. A job that simply completes has no note.
 */
import type { JobEnd, JobPayload, JobState, JobStatus } from "../../engine/engine.ts";
import type { Row } from "./database.ts";

/** The schema of pg-boss, which is ours alone: an application's own pg-boss lives in another. */
export const SCHEMA = "brigade";

/** What a job carries: its payload, and its place among those that were added in one statement. */
export interface JobData {
  /** A text where PostgreSQL's JSON would not take it. */
  readonly payload: JobPayload | string;
  readonly place: number;
}

/** What pg-boss keeps as the output of an attempt. */
export type Output =
  | { readonly kind: "completed"; readonly value: string }
  | { readonly kind: "failed" | "dead"; readonly error: string }
  | { readonly kind: "returned" | "died" };

/** `returns`: how many starts ended without a failure and without a word to the job itself: handed back. */
export const NOTES: string = `
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.brigade_note (
    queue text NOT NULL,
    id uuid NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    returns integer NOT NULL DEFAULT 0,
    dead boolean NOT NULL DEFAULT false,
    put_back boolean NOT NULL DEFAULT false,
    cancelled boolean NOT NULL DEFAULT false,
    progress text,
    PRIMARY KEY (queue, id)
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.brigade_turn (
    queue text NOT NULL,
    rate text NOT NULL,
    next double precision NOT NULL,
    PRIMARY KEY (queue, rate)
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.brigade_reserved (
    queue text NOT NULL,
    rate text NOT NULL,
    id uuid NOT NULL,
    at double precision NOT NULL,
    PRIMARY KEY (queue, rate, id)
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.brigade_schedule (
    queue text NOT NULL,
    key text NOT NULL,
    schedule jsonb NOT NULL,
    next timestamptz,
    PRIMARY KEY (queue, key)
  );`;

const COLUMNS = `
  j.id, j.data, j.state, j.priority, j.retry_count, j.output, j.started_on, j.completed_on,
  j.start_after > now() AS delayed,
  j.deletion_seconds > 0 AND j.completed_on + j.deletion_seconds * interval '1s' < now() AS forgotten,
  n.failures, n.returns, n.dead, n.put_back, n.cancelled, n.progress`;

/** `$1` is the queue; `where` may use more. */
export function selectJobs(where: string): string {
  return `SELECT ${COLUMNS} FROM ${SCHEMA}.job j
    LEFT JOIN ${SCHEMA}.brigade_note n ON n.queue = j.name AND n.id = j.id
    WHERE j.name = $1 AND ${where}`;
}

export const DEAD = "j.state = 'cancelled' AND n.dead";

/** A row of `selectJobs`. */
export interface JobRow {
  readonly id: string;
  readonly data: JobData;
  readonly state: "created" | "retry" | "active" | "completed" | "cancelled" | "failed";
  readonly attempt: number;
  readonly output: Output | undefined;
  readonly started: boolean;
  readonly completedOn: Date | undefined;
  readonly delayed: boolean;
  readonly forgotten: boolean;
  readonly failures: number;
  readonly returns: number;
  readonly dead: boolean;
  /** A dead letter that is to run again as if new: whoever claims it first begins its note anew. */
  readonly putBack: boolean;
  readonly cancelled: boolean;
  readonly progress: string | undefined;
}

export function jobRow(row: Row): JobRow {
  const putBack = row["put_back"] === true && row["state"] !== "cancelled";
  return {
    id: row["id"] as string,
    data: row["data"] as JobData,
    state: row["state"] as JobRow["state"],
    attempt: Number(row["retry_count"]),
    output: (row["output"] ?? undefined) as Output | undefined,
    started: row["started_on"] !== null,
    completedOn: (row["completed_on"] ?? undefined) as Date | undefined,
    delayed: row["delayed"] === true,
    forgotten: row["forgotten"] === true,
    failures: putBack ? 0 : Number(row["failures"] ?? 0),
    returns: Number(row["returns"] ?? 0),
    dead: row["dead"] === true && !putBack,
    putBack,
    cancelled: row["cancelled"] === true,
    progress: (row["progress"] ?? undefined) as string | undefined,
  };
}

/**
 * pg-boss counts starts after the first. Those that ended in a failure or were handed back are in the note; nobody told of the
 * end of the others, or they run, or they ended the job.
 */
export function deathsOf(job: JobRow): number {
  if (!job.started || job.putBack) return 0;
  const told = job.failures + job.returns;
  const over =
    job.state === "active" || job.state === "completed" || isCancelledRunning(job) ? job.attempt : job.attempt + 1;
  return Math.max(0, over - told);
}

/** pg-boss keeps no word of what a cancelled job was doing: its last start has no end of its own in the note. */
function isCancelledRunning(job: JobRow): boolean {
  return job.state === "cancelled" && !job.dead;
}

export function endOf(job: JobRow): JobEnd | undefined {
  if (job.state === "completed") {
    const output = job.output;
    return { kind: "completed", value: output?.kind === "completed" ? unpacked(output.value) : "" };
  }
  if (job.state === "cancelled" || job.state === "failed") {
    const dead = job.dead || job.state === "failed";
    return dead ? { kind: "dead", error: errorOf(job) } : { kind: "cancelled" };
  }
  return undefined;
}

/** Of a dead letter. */
export function errorOf(job: JobRow): string {
  const output = job.output;
  return output?.kind === "dead" || output?.kind === "failed" ? unpacked(output.error) : "";
}

export function statusOf(job: JobRow): JobStatus {
  return {
    id: job.id,
    state: stateOf(job),
    failures: job.failures,
    deaths: deathsOf(job),
    progress: job.progress === undefined ? undefined : unpacked(job.progress),
    end: endOf(job),
  };
}

function stateOf(job: JobRow): JobState {
  if (job.state === "active") return "running";
  const end = endOf(job);
  if (end) return end.kind;
  return job.delayed ? "delayed" : "waiting";
}

const PACKED = "base64:";

/** PostgreSQL takes no NUL and no half of a surrogate pair: texts with those travel as bytes. */
export function packed(text: string): string {
  if (text.isWellFormed() && !text.includes("\0") && !text.startsWith(PACKED)) return text;
  return PACKED + Buffer.from(text, "utf16le").toString("base64");
}

export function unpacked(text: string): string {
  return text.startsWith(PACKED) ? Buffer.from(text.slice(PACKED.length), "base64").toString("utf16le") : text;
}

/** JSON with a NUL or half of a surrogate pair, which a key may have, is no jsonb. */
export function carried(payload: JobPayload): JobPayload | string {
  const text = JSON.stringify(payload);
  return /\\u(?:0000|d[89a-f])/i.test(text) ? PACKED + Buffer.from(text).toString("base64") : payload;
}

export function payloadOf({ payload }: Pick<JobData, "payload">): JobPayload {
  if (typeof payload !== "string") return payload;
  return JSON.parse(Buffer.from(payload.slice(PACKED.length), "base64").toString()) as JobPayload;
}
