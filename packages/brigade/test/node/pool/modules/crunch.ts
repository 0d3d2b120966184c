/** Functions that the tests run in workers. */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { type Coroutine, type CoroutineBody, coroutine, InvalidStateError, sleep, type Stream, stream } from "brigade";
import { transfer, workerSignal } from "brigade/node";

export const version = "not a function";

export function add(a: number, b: number): number {
  return a + b;
}

export async function addLater(a: number, b: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return a + b;
}

export const addAsTask: (a: number, b: number) => Coroutine<number> = coroutine(function* addAsTask(
  a: number,
  b: number,
): CoroutineBody<number> {
  yield* sleep("5ms");
  return a + b;
});

export default function answer(): number {
  return 42;
}

export function echo<T>(value: T): T {
  return value;
}

export function double(n: number): number {
  return 2 * n;
}

export function whoAmI(): string {
  return `${process.pid}/${threadId}`;
}

/** The names of the variables. */
export function environment(): string[] {
  return Object.keys(process.env);
}

// ── Streams ──

export function* count(to: number): Generator<number> {
  for (let i = 1; i <= to; i++) yield i;
}

export async function* countLater(to: number): AsyncGenerator<number> {
  for (let i = 1; i <= to; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield i;
  }
}

export const countAsStream: (to: number) => Stream<number> = stream(function* countAsStream(to: number) {
  for (let i = 1; i <= to; i++) {
    yield* sleep("1ms");
    yield i;
  }
});

export function letters(): string[] {
  return ["a", "b", "c"];
}

let produced = 0;
export function* counted(): Generator<number> {
  for (produced = 1; ; produced++) yield produced;
}
export function howMany(): number {
  return produced;
}

/** Writes the file in its cleanup. */
export function* noting(file: string): Generator<number> {
  try {
    for (let i = 0; ; i++) yield i;
  } finally {
    writeFileSync(file, "cleaned up");
  }
}

/** Gives one item and then waits for ever, or for the signal. */
export async function* waiting(file: string): AsyncGenerator<number> {
  const signal = workerSignal();
  try {
    yield 1;
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  } finally {
    writeFileSync(file, "cleaned up");
  }
}

export function* failing(): Generator<number> {
  yield 1;
  throw new RangeError("after the first");
}

// ── Work that is cancelled ──

/** Computes for this long, and looks at nothing. */
export function spin(ms: number): number {
  const end = performance.now() + ms;
  let turns = 0;
  while (performance.now() < end) turns++;
  return turns;
}

/** Computes until it is cancelled; says when it has begun. */
export function spinPolitely(file: string): never {
  const signal = workerSignal();
  writeFileSync(file, "begun");
  while (!signal.aborted);
  writeFileSync(file, (signal.reason as Error).message);
  throw signal.reason;
}

export async function waitPolitely(file: string): Promise<never> {
  const signal = workerSignal();
  writeFileSync(file, "begun");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  writeFileSync(file, "cleaned up");
  throw signal.reason;
}

export const waitAsTask: (file: string) => Coroutine<void> = coroutine(function* waitAsTask(
  file: string,
): CoroutineBody<void> {
  writeFileSync(file, "begun");
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep("5ms");
    writeFileSync(file, "cleaned up");
  }
});

/** Fails with an error of its own when it is cancelled. */
export async function failWhenCancelled(file: string): Promise<never> {
  const signal = workerSignal();
  writeFileSync(file, "begun");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  throw new RangeError("the cleanup failed");
}

export function waitFor(file: string): void {
  while (!existsSync(file));
}

export function begin(file: string): void {
  writeFileSync(file, "begun");
  for (;;);
}

/** Starts a process that would stay, notes its id, and does not end. */
export function startAndSpin(file: string): never {
  const { pid } = spawn("sleep", ["60"], { stdio: "ignore" });
  writeFileSync(file, String(pid));
  for (;;);
}

// ── Errors ──

export class OrderError extends RangeError {
  override readonly name: string = "OrderError";
  readonly order: number;
  constructor(message: string, order: number, options?: ErrorOptions) {
    super(message, options);
    this.order = order;
  }
}

export function refuse(order: number): never {
  throw new OrderError("no such order", order, { cause: new TypeError("not a number") });
}

export function refuseAsBrigade(): never {
  throw new InvalidStateError("as the runtime does");
}

export function abort(): never {
  throw new DOMException("stopped", "AbortError");
}

// ── Memory ──

export function memory(bytes: number): Uint8Array {
  return transfer(new Uint8Array(bytes));
}

export function size(bytes: Uint8Array): number {
  return bytes.byteLength;
}
