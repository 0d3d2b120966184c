/**
 * Records what became of attempts. pg-boss fences each by the number of the start it belongs to, so that the outcome of a lost
 * lease changes nothing. What pg-boss can't count is noted first, under the same fence: a worker that dies in between leaves a
 * failure that was counted once.
 */
import { type Coroutine, type CoroutineBody, coroutine } from "brigade";
import type { Outcome } from "../../engine/engine.ts";
import { type Announcer, ENDED } from "./announcer.ts";
import type { Link } from "./link.ts";
import { type Output, packed, SCHEMA } from "./records.ts";

/** How long the outcome of an attempt is held for a server that has gone, in ms: its lease is over long before. */
const PATIENCE = 120_000;

export interface Attempt {
  readonly id: string;
  /** pg-boss's number of the start. */
  readonly retryCount: number;
  /** pg-boss's: twice the job's own, and one more once it was handed back. */
  readonly priority: number;
  readonly failures: number;
  readonly returns: number;
}

const NOTE = `
  INSERT INTO ${SCHEMA}.brigade_note AS n (queue, id, failures, returns, dead)
  SELECT $1::text, $2::uuid, $3::int, $4::int, $5::boolean FROM ${SCHEMA}.job j
  WHERE j.name = $1::text AND j.id = $2::uuid AND j.state = 'active' AND j.retry_count = $6::int
  ON CONFLICT (queue, id) DO UPDATE SET failures = $3::int, returns = $4::int, dead = $5::boolean, put_back = false`;

export class Settling {
  readonly #link: Link;
  readonly #announcer: Announcer;

  constructor(link: Link, announcer: Announcer) {
    this.#link = link;
    this.#announcer = announcer;
  }

  readonly settle: (attempt: Attempt, outcome: Outcome) => Coroutine<void> = coroutine(function* settle(
    this: Settling,
    attempt: Attempt,
    outcome: Outcome,
  ): CoroutineBody<void> {
    switch (outcome.kind) {
      case "completed":
        yield* this.#complete(attempt, outcome.value);
        break;
      case "cancelled":
        yield* this.cancel(attempt);
        break;
      case "dead":
        yield* this.#bury(attempt, outcome.error);
        break;
      case "retry":
        yield* this.#note(attempt, attempt.failures + 1, attempt.returns, false);
        yield* this.#return(attempt, { kind: "failed", error: packed(outcome.error) }, outcome.after);
        break;
      case "handed-back":
        yield* this.#note(attempt, attempt.failures, attempt.returns + 1, false);
        // It is younger than its equals for pg-boss, which has written it anew; and it was before them.
        yield* this.#return(
          attempt,
          { kind: "returned" },
          outcome.after,
          outcome.after > 0 ? undefined : ahead(attempt),
        );
    }
  });

  *#complete(attempt: Attempt, value: string): CoroutineBody<void> {
    const output: Output = { kind: "completed", value: packed(value) };
    yield* this.#call((boss) => boss.complete(this.#link.queue, fence(attempt), output));
    this.#announcer.say(ENDED, attempt.id);
  }

  *cancel(attempt: Attempt): CoroutineBody<void> {
    yield* this.#call((boss) => boss.cancel(this.#link.queue, fence(attempt)));
    this.#announcer.say(ENDED, attempt.id);
  }

  /** A worker that dies in the middle leaves a job that is found to be dead when it is claimed, and then buried again. */
  *#bury(attempt: Attempt, error: string): CoroutineBody<void> {
    yield* this.#note(attempt, attempt.failures + 1, attempt.returns, true);
    yield* this.buryAgain(attempt, packed(error));
  }

  *buryAgain(attempt: Attempt, error: string): CoroutineBody<void> {
    const { id } = attempt;
    const output: Output = { kind: "dead", error };
    const failed = yield* this.#call((boss) => boss.fail(this.#link.queue, fence(attempt), output));
    if (affected(failed) === 0) return;
    // For ever: until somebody discards it.
    yield* this.#call((boss) => boss.update(this.#link.queue, undefined, { id, deleteAfterSeconds: 0 }));
    yield* this.#call((boss) => boss.cancel(this.#link.queue, id));
    this.#announcer.say(ENDED, id);
  }

  *#return(attempt: Attempt, output: Output, after: number, priority?: number): CoroutineBody<void> {
    const { id } = attempt;
    const failed = yield* this.#call((boss) => boss.fail(this.#link.queue, fence(attempt), output));
    if (affected(failed) === 0) return;
    const startAfter = `${Math.max(0, Math.round(after))} milliseconds`;
    const change = { id, startAfter, ...(priority === undefined ? undefined : { priority }) };
    yield* this.#call((boss) => boss.update(this.#link.queue, undefined, change));
  }

  *#note(attempt: Attempt, failures: number, returns: number, dead: boolean): CoroutineBody<void> {
    const values = [this.#link.queue, attempt.id, failures, returns, dead, attempt.retryCount];
    yield* this.#link.sql(NOTE, values, PATIENCE);
  }

  #call<T>(work: (boss: Link["boss"]) => Promise<T>): Coroutine<T> {
    return this.#link.call(() => work(this.#link.boss), PATIENCE);
  }
}

/** Of pg-boss's priorities, which are twice as fine as those of jobs. */
export function priorityOf(own: number): number {
  return own * 2;
}

function ahead({ priority }: Attempt): number {
  return Math.floor(priority / 2) * 2 + 1;
}

function fence({ id, retryCount }: Attempt): { id: string; retryCount: number } {
  return { id, retryCount };
}

/** pg-boss says it, but its type does not. */
function affected(response: object): number {
  return (response as { affected?: number }).affected ?? 0;
}
