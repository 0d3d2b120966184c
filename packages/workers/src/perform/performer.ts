/** Performs claims: runs the task here or in the pool, and decides what becomes of the job. Never throws. */
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  type EventLoop,
  forEach,
  moveOnAfter,
  sleep,
  TimeoutError,
} from "brigade";
import type { Pool } from "brigade/node";
import { decode, encode } from "../codec.ts";
import type { Broker, Claim, Interruption, Outcome, Rate } from "../engine/engine.ts";
import { functionOf, isAwaited, settled } from "../task/task.ts";
import { callFor, type CurrentJob, enterTask, type RunningAttempt } from "./current-job.ts";
import { failureOf, failureText } from "./failure.ts";
import { keyOf } from "./key-of.ts";
import type { attempt } from "./pool-module.ts";
import type { WorkerEvent } from "../worker/events.ts";
import { Progress } from "./progress.ts";
import { type AnyTask, type Registry, taskOf } from "./registry.ts";

/** Deaths of its workers that a job survives: with one more it is a dead letter. */
const MOST_DEATHS = 3;
const LONGEST_PAUSE = 3_600_000; // ms between two attempts
const SPREAD = 0.1; // of a pause: jobs that failed together need not come back together
const HELD = 250; // ms that a claim is held for its turn of a rate; for longer the place is given to others
const HORIZON = 30_000; // ms ahead that turns are reserved

export type AttemptPool = Pool<{ attempt: typeof attempt }>;

export interface PerformerSetup {
  readonly address: string;
  readonly tasks: Registry;
  readonly queue: string;
  readonly broker: Broker;
  readonly loop: EventLoop;
  /** `undefined`: no task needs it. */
  readonly pool: AttemptPool | undefined;
  readonly event: ((event: WorkerEvent) => void) | undefined;
}

type EndKind = Exclude<WorkerEvent["kind"], "trouble" | "started">;
export class Performer {
  readonly #setup: PerformerSetup;
  readonly #running = new Set<Claim>();
  #stopped = false;

  constructor(setup: PerformerSetup) {
    this.#setup = setup;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Hands back what runs, and what comes. */
  stop(): void {
    this.#stopped = true;
    for (const { interrupted } of this.#running) if (!interrupted.done) interrupted.setResult("stopping");
  }

  perform(claim: Claim): Awaitable<Outcome> {
    return this.#perform(this, claim);
  }

  readonly #perform = coroutine(function* perform(this: void, self: Performer, claim: Claim): CoroutineBody<Outcome> {
    if (self.#stopped) return { kind: "handed-back", after: 0 };
    const began = self.#began(claim);
    let outcome: Outcome;
    self.#running.add(claim);
    try {
      const task = claim.deaths > MOST_DEATHS ? undefined : taskOf(self.#setup.tasks, claim.payload.task);
      if (task === undefined) outcome = poisoned(claim);
      else {
        const wait = task.rate === undefined ? 0 : yield* self.#turn(self, claim, task, task.rate);
        if (wait > HELD) outcome = { kind: "handed-back", after: wait };
        else outcome = yield* self.#attempt(self, claim, task);
      }
    } catch (error) {
      outcome = self.#failed(claim, error);
    } finally {
      self.#running.delete(claim);
    }
    self.#ended(claim, outcome, began);
    return outcome;
  });

  #began(claim: Claim): number {
    const { event } = this.#setup;
    if (event === undefined) return 0;
    event({ kind: "started", ...named(claim) });
    return performance.now();
  }

  #ended(claim: Claim, outcome: Outcome, began: number): void {
    this.#setup.event?.({ ...named(claim), ...eventOf(outcome), ms: performance.now() - began });
  }

  /** How long the claim has to wait for its turn; a short time is waited here. */
  readonly #turn = coroutine(function* turn(
    this: void,
    self: Performer,
    { id }: Claim,
    { taskName }: AnyTask,
    rate: Rate,
  ): CoroutineBody<number> {
    const { wait, reserved } = yield* self.#setup.broker.takeSlot(taskName, rate, id, HORIZON);
    if (!reserved) return Math.max(wait, HELD + 1);
    if (wait > 0 && wait <= HELD) yield* sleep(wait);
    return wait;
  });

  readonly #attempt = coroutine(function* attempt(
    this: void,
    self: Performer,
    claim: Claim,
    task: AnyTask,
  ): CoroutineBody<Outcome> {
    const limit = claim.payload.timeout ?? task.timeout ?? Infinity;
    let progress: Progress | undefined;
    const put = (value: string): void => (progress ??= new Progress(claim, self.#setup.loop)).put(value);
    let over = false;
    let error: unknown;
    let value: string | undefined;
    try {
      value = yield* moveOnAfter(limit, (scope) => {
        // An interruption ends the scope as its time would: in this task, with the cleanup of what runs.
        claim.interrupted.addDoneCallback(() => {
          if (!over && !scope.expired) scope.reschedule(0);
        });
        return task.runs === "loop" ? self.#here(self, claim, task, put) : self.#inPool(self, claim, task, put);
      });
      if (value === undefined) error = new TimeoutError(`${task.taskName} did not end within ${limit} ms`);
    } catch (thrown) {
      error = thrown;
    }
    over = true;
    if (progress !== undefined) yield* progress.end();
    if (value !== undefined) return { kind: "completed", value };
    return claim.interrupted.done ? interruptedOutcome(claim.interrupted.result()) : self.#failed(claim, error);
  });

  readonly #here = coroutine(function* runHere(
    this: void,
    self: Performer,
    claim: Claim,
    task: AnyTask,
    put: (value: string) => void,
  ): CoroutineBody<string> {
    const report = (value: unknown): void => put(encode(value, `the progress of ${task.taskName}`));
    const running: RunningAttempt = { job: self.#jobOf(claim), report };
    const body = functionOf(task) as (...args: readonly unknown[]) => unknown;
    enterTask(running);
    const gave = callFor(running, () => body(...(decode(claim.payload.args) as unknown[])));
    return encode(isAwaited(gave) ? yield* settled(gave) : gave, `the result of ${task.taskName}`);
  });

  readonly #inPool = coroutine(function* runInPool(
    this: void,
    self: Performer,
    claim: Claim,
    task: AnyTask,
    put: (value: string) => void,
  ): CoroutineBody<string> {
    let result: string | undefined;
    const { address, pool } = self.#setup;
    if (pool === undefined) throw new Error("the worker has no pool");
    yield* forEach(pool.stream("attempt", address, self.#jobOf(claim), claim.payload.args), ([kind, text]) => {
      if (kind === "value") result = text;
      else put(text);
    });
    if (result === undefined) throw new Error(`${task.taskName} ended without a result`);
    return result;
  });

  #jobOf({ id, payload, failures, deaths }: Claim): CurrentJob {
    return { id, attempt: failures + deaths + 1, key: keyOf(payload), task: payload.task, queue: this.#setup.queue };
  }

  #failed({ payload, failures, deaths }: Claim, thrown: unknown): Outcome {
    const task = this.#setup.tasks.get(payload.task);
    const error = failureText(thrown, failures + deaths + 1);
    const retries = payload.retries ?? task?.retries ?? 0;
    if (failures >= retries) return { kind: "dead", error };
    const first = payload.backoff ?? task?.backoff ?? 1_000;
    const spread = 1 - SPREAD + 2 * SPREAD * Math.random();
    return { kind: "retry", after: Math.round(Math.min(first * 2 ** failures, LONGEST_PAUSE) * spread), error };
  }
}

function poisoned({ payload, failures, deaths }: Claim): Outcome {
  const message = `its worker died ${deaths} times: ${payload.task} is not tried again by itself`;
  return { kind: "dead", error: JSON.stringify({ name: "WorkerDiedError", message, attempts: failures + deaths }) };
}

function named({ id, payload, failures, deaths }: Claim): {
  readonly id: string;
  readonly task: string;
  readonly attempt: number;
} {
  return { id, task: payload.task, attempt: failures + deaths + 1 };
}

function eventOf(outcome: Outcome): { readonly kind: EndKind; readonly error?: string } {
  if (outcome.kind !== "retry" && outcome.kind !== "dead") return { kind: outcome.kind };
  const { name, message } = failureOf(outcome.error);
  return { kind: outcome.kind === "dead" ? "dead" : "failed", error: `${name}: ${message}` };
}

function interruptedOutcome(why: Interruption): Outcome {
  return why === "cancelled" ? { kind: "cancelled" } : { kind: "handed-back", after: 0 };
}
