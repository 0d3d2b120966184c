/** Commands that run to their end, each one's stdout being the next one's stdin, with what they write collected. */
import type { Source } from "../../flow/source.ts";
import { TimeoutError } from "../../errors.ts";
import { race } from "../../many/race.ts";
import { shield } from "../../scope/shield.ts";
import { moveOnAfter } from "../../scope/timeout.ts";
import { oneOf } from "../../task/cleanup-errors.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Coroutine, CoroutineBody } from "../../types.ts";
import { OutputLimitError } from "../errors.ts";
import { Child, type ExitStatus } from "./child.ts";
import { Collected } from "./collected.ts";
import type { Plan } from "./exec-options.ts";
import { feed } from "./feed.ts";
import { launch, whyNot } from "./launch.ts";
import type { Stdio } from "./options.ts";
import { closeAll, type OsPipe, osPipes } from "./os-pipes.ts";

/** One command, which has ended. */
export interface Ended {
  readonly child: Child;
  readonly status: ExitStatus;
  readonly stderr: Collected;
}

/**
 * Gives the commands when nothing of them is left. Throws `SpawnError`, `OutputLimitError`, `TimeoutError`, and what
 * `input` throws.
 */
export const execute: (plan: Plan) => Coroutine<Execution> = /* @__PURE__ */ coroutine(function* exec(
  plan: Plan,
): CoroutineBody<Execution> {
  if (plan.timeout === Infinity) return yield* runToEnd(plan);
  const execution = yield* moveOnAfter(plan.timeout, runToEnd(plan));
  if (execution !== undefined) return execution;
  throw new TimeoutError(`"${plan.line}" did not end within ${plan.timeout} ms, and was ended`);
});

const runToEnd = /* @__PURE__ */ coroutine(function* exec(plan: Plan): CoroutineBody<Execution> {
  const execution = new Execution(plan);
  const pipes = yield* osPipes(plan.orders.length - 1);
  try {
    const failure = execution.start(pipes);
    if (failure) throw yield* failure;
    yield* exited(execution);
  } finally {
    yield* shield(nothingLeft(execution));
  }
  execution.check();
  return execution;
});

export class Execution {
  readonly plan: Plan;
  readonly children: Child[] = [];
  readonly #stderr: Collected[] = []; // of each child
  #started = 0; // once it is
  #stdout: Collected | undefined; // of the last; set ⇔ all were started

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /**
   * Starts the commands, with these pipes between them or, without any, what the host makes. Gives why one could not be
   * started.
   */
  start(pipes: readonly OsPipe[]): ReturnType<typeof whyNot> | undefined {
    this.#started = performance.now();
    try {
      for (const [place, order] of this.plan.orders.entries()) {
        const process = launch(order, [this.#stdinOf(place, pipes), this.#stdoutOf(place, pipes), this.plan.stderr]);
        if (process.pid === undefined) return whyNot(order, process);
        this.#add(new Child(order, process));
      }
      return undefined;
    } finally {
      closeAll(pipes);
    }
  }

  #stdinOf(place: number, pipes: readonly OsPipe[]): Stdio | NonNullable<Child["process"]["stdout"]> {
    if (place === 0) return this.plan.stdin;
    return pipes[place - 1]?.readEnd ?? this.children[place - 1]?.process.stdout ?? "ignore";
  }

  #stdoutOf(place: number, pipes: readonly OsPipe[]): Stdio {
    if (place === this.plan.orders.length - 1) return this.plan.stdout;
    return pipes[place]?.writeEnd ?? "pipe";
  }

  #add(child: Child): void {
    const { orders, maxOutput, input } = this.plan;
    this.children.at(-1)?.process.stdout?.destroy(); // it is this one's stdin now, and nobody else's
    this.children.push(child);
    const { stdin, stdout, stderr } = child.process;
    if (typeof input === "string" || input instanceof Uint8Array) stdin?.end(input);
    this.#stderr.push(new Collected(stderr, maxOutput, () => this.#exceeded(child, "stderr")));
    if (this.children.length < orders.length) return;
    this.#stdout = new Collected(stdout, maxOutput, () => this.#exceeded(child, "stdout"));
  }

  #exceeded(child: Child, name: string): void {
    const { line } = child.order;
    const { maxOutput } = this.plan;
    const message = `"${line}" wrote more than ${maxOutput} bytes to ${name}, and was ended: raise maxOutput, or read it piece by piece with spawn`;
    const error = new OutputLimitError(message, line, maxOutput);
    for (const one of this.children) one.interrupt(error);
  }

  /** Throws `OutputLimitError` if a command has written too much. */
  check(): void {
    for (const child of this.children) child.check();
  }

  /** Milliseconds from the first start to the last end. */
  get duration(): number {
    return Math.max(...this.children.map((child) => child.exitTime)) - this.#started;
  }

  get stdout(): Collected {
    return this.#stdout as Collected;
  }

  /** Once all have ended. */
  get ended(): Ended[] {
    return this.children.map((child, place) => ({
      child,
      status: child.status as ExitStatus,
      stderr: this.#stderr[place] as Collected,
    }));
  }
}

const exited = /* @__PURE__ */ coroutine(function* exit(execution: Execution): CoroutineBody<void> {
  const { children, plan } = execution;
  const { input } = plan;
  if (typeof input !== "object" || input instanceof Uint8Array) yield* allExit(children);
  else yield* race([feedAndWait(input, children), allExit(children)]);
});

const feedAndWait = /* @__PURE__ */ coroutine(function* input(
  source: Source<string | Uint8Array>,
  children: readonly Child[],
): CoroutineBody<void> {
  const { process, order } = children[0] as Child;
  if (process.stdin) yield* feed(source, process.stdin, `stdin of "${order.line}"`);
  yield* allExit(children);
});

const allExit = /* @__PURE__ */ coroutine(function* exit(children: readonly Child[]): CoroutineBody<void> {
  for (const child of children) yield* child.exit();
});

/** Asks all that run to end before it waits for the first. */
const nothingLeft = /* @__PURE__ */ coroutine(function* end(execution: Execution): CoroutineBody<void> {
  const { children } = execution;
  for (const child of children) if (child.running) child.askToEnd();
  const errors: unknown[] = [];
  for (const child of children) {
    try {
      yield* child.close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw oneOf(errors);
});
