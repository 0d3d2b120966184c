/** Functions for a pool that do what functions for a pool should not do, and some that only tell. Imports little: many workers are started. */
import { appendFileSync, readFileSync, writeSync } from "node:fs";
import { threadId } from "node:worker_threads";

/** Leaves one line per execution: what ran twice has two. */
export function note(file: string, line: string): void {
  appendFileSync(file, `${line}\n`);
}

export function echo<T>(value: T): T {
  return value;
}

/** Which worker this is. */
export function whoAmI(): string {
  return `${process.pid}/${threadId}`;
}

export function processId(): number {
  return process.pid;
}

export function noted(file: string, line: string): string {
  note(file, line);
  return line;
}

export async function rests(milliseconds: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return milliseconds;
}

export function computes(milliseconds: number): number {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return milliseconds;
}

// ── Throws ──

export class Overdrawn extends Error {
  override readonly name: string = "Overdrawn";
  readonly balance: number;
  constructor(message: string, balance: number, options?: ErrorOptions) {
    super(message, options);
    this.balance = balance;
  }
}

export function throwsWithCauses(): never {
  const cause = new RangeError("limit of the day", { cause: new AggregateError([new TypeError("a"), "b"], "two") });
  throw new Overdrawn("nothing left", -5, { cause });
}

export function throwsValue(value: unknown): never {
  throw value;
}

export function throwsFunction(): never {
  throw () => "not to be cloned";
}

export function throwsErrorWithFunction(): never {
  throw Object.assign(new Error("kept though it carries what can't be cloned"), { code: "ECODE", retry: () => 1 });
}

export function throwsItsOwnCause(): never {
  const error = new Error("a circle");
  error.cause = error;
  throw error;
}

export function throwsTrap(): never {
  throw Object.defineProperties(new Error("a trap"), {
    message: {
      get: () => {
        throw new Error("the message throws");
      },
    },
    stack: {
      get: () => {
        throw new Error("the stack throws");
      },
    },
  });
}

export function throwsProxy(): never {
  const trap = (): never => {
    throw new Error("the proxy throws");
  };
  throw new Proxy(new Error("inside"), { get: trap, getPrototypeOf: trap, ownKeys: trap, has: trap });
}

// ── Returns what can't be cloned ──

export function returnsFunction(): () => number {
  return () => 1;
}

export function returnsDeepFunction(): unknown {
  return { orders: [{ total: 1, tax: (): number => 2 }] };
}

export function returnsTrap(): unknown {
  return {
    get value(): number {
      throw new Error("the getter throws");
    },
  };
}

export function returnsDetached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

// ── Ends the worker ──

export function exits(code: number): never {
  process.exit(code);
}

/** Answers, and a little later the worker ends. */
export function exitsLater(code: number, milliseconds: number): void {
  setTimeout(() => process.exit(code), milliseconds);
}

export function throwsLater(milliseconds: number): void {
  setTimeout(() => {
    throw new TypeError("outside of any call");
  }, milliseconds);
}

export function rejectsLater(milliseconds: number): void {
  setTimeout(() => void Promise.reject(new TypeError("nobody handles this")), milliseconds);
}

export function signalsItself(signal: NodeJS.Signals): Promise<never> {
  process.kill(process.pid, signal);
  return new Promise(() => {});
}

export function allocates(): number {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
}

export function recurses(): number {
  return recurses() + 1;
}

export function notesAndExits(file: string): never {
  note(file, "ran");
  process.exit(3);
}

/** Ends the worker until it is run for the `attempt`th time, as the file counts. */
export function succeedsAt(file: string, attempt: number): string {
  note(file, "ran");
  if (readFileSync(file, "utf8").split("\n").length - 1 < attempt) process.exit(7);
  return "succeeded";
}

export function complainsAndExits(complaint: string): never {
  writeSync(2, `${complaint}\n`);
  process.exit(5);
}

// ── Does not end ──

export function spins(file?: string): never {
  if (file !== undefined) note(file, "ran");
  for (;;);
}

/** Neither the signal of the pool nor that of the operating system moves it. */
export function ignoresSignals(file: string): never {
  process.on("SIGTERM", () => {});
  process.on("SIGINT", () => {});
  note(file, "begun");
  for (;;);
}

// ── Streams ──

export function* counts(file: string): Generator<number> {
  note(file, "begun");
  try {
    for (let i = 0; ; i++) yield i;
  } finally {
    note(file, "cleaned up");
  }
}

export async function* countsSlowly(file: string): AsyncGenerator<number> {
  note(file, "begun");
  try {
    for (let i = 0; ; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield i;
    }
  } finally {
    note(file, "cleaned up");
  }
}

export function* countsAndFails(items: number): Generator<number> {
  for (let i = 0; i < items; i++) yield i;
  throw new Overdrawn("no more items", items);
}

export function* countsAndExits(items: number): Generator<number> {
  for (let i = 0; i < items; i++) yield i;
  process.exit(4);
}

export function* givesFunction(): Generator {
  yield 1;
  yield () => 2;
}

/** Leaves a line for each item that was asked of it. */
export function* countsNoted(file: string): Generator<number> {
  for (let i = 0; ; i++) {
    note(file, String(i));
    yield i;
  }
}

export function exitsAtOnce(file: string): never {
  note(file, "exits");
  process.exit(2);
}
