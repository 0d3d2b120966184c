/** In the code of a task: which job it runs for, and where its progress goes. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Awaitable, ContextVar, InvalidStateError, sleep } from "brigade";

/** The job that runs. */
export interface CurrentJob {
  /** The same for every attempt: key effects by it, and they happen once. */
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** What the submitter gave, if anything. */
  readonly key: string | undefined;
  readonly task: string;
  readonly queue: string;
}

/** A running attempt, as the functions below see it. */
export interface RunningAttempt {
  readonly job: CurrentJob;
  /** Takes progress. Throws `TypeError` for what can't be carried. */
  readonly report: (value: unknown) => void;
}

// Coroutines on a loop have a context of their own; plain and async functions on it are told apart by their asynchronous
// context; in a process of a pool there is one attempt at a time.
const ofTask = /* @__PURE__ */ new ContextVar<RunningAttempt | undefined>("job", { default: undefined });
const ofFunction = /* @__PURE__ */ new AsyncLocalStorage<RunningAttempt>();
let ofProcess: RunningAttempt | undefined;

/** This task, and what it starts, runs for the attempt. */
export function enterTask(attempt: RunningAttempt): void {
  ofTask.set(attempt);
}

/** Calls a function, plain or async, for the attempt. */
export function callFor<R>(attempt: RunningAttempt, call: () => R): R {
  return ofFunction.run(attempt, call);
}

/** The whole process runs for the attempt; `undefined`: for none. */
export function setProcessAttempt(attempt: RunningAttempt | undefined): void {
  ofProcess = attempt;
}

function attempt(what: string): RunningAttempt {
  const here = ofTask.get() ?? ofFunction.getStore() ?? ofProcess;
  if (here !== undefined) return here;
  throw new InvalidStateError(`${what}: no job runs here; call it in the function of a task that a worker runs`);
}

/**
 * The job that the code runs for: in a task's function, and in what it calls. Throws `InvalidStateError` elsewhere, also when
 * the task was called here rather than submitted. (Celery: `self.request`.)
 *
 * @example
 * ```ts no-run
 * import { currentJob, task } from "@brigade/workers";
 *
 * export const charge = task(async function charge(customer: string, cents: number) {
 *   // The same id in every attempt: the bank books it once.
 *   await fetch("https://bank.example/charges", {
 *     method: "POST",
 *     headers: { "Idempotency-Key": currentJob().id },
 *     body: JSON.stringify({ customer, cents }),
 *   });
 * });
 * ```
 */
export function currentJob(): CurrentJob {
  return attempt("currentJob").job;
}

/**
 * Tells those who watch the job how far it is: any data. At most ten a second are sent, and always the last. Does not wait
 * for them. Throws `InvalidStateError` outside of a job, `TypeError` for what can't be carried.
 *
 * @example
 * ```ts no-run
 * import { reportProgress, task } from "@brigade/workers";
 *
 * export const convert = task(async function convert(pages: number) {
 *   for (let page = 1; page <= pages; page++) {
 *     reportProgress({ page, pages });
 *     await fetch(`https://pages.example/${page}`);
 *   }
 * });
 * ```
 */
export function reportProgress(value: unknown): void {
  attempt("reportProgress").report(value);
}

/**
 * `reportProgress` for coroutines: it gives the loop a turn, so that a task that computes lets its progress out.
 *
 * @example
 * ```ts no-run
 * import { report, task } from "@brigade/workers";
 *
 * export const count = task(function* count(to: number) {
 *   for (let n = 1; n <= to; n++) yield* report({ n, to });
 * });
 * ```
 */
export function report(value: unknown): Awaitable<void> {
  reportProgress(value);
  return sleep(0);
}
