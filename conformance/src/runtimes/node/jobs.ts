/** The module that the pools of the program load. */
import { type Coroutine, type CoroutineBody, coroutine, sleep } from "brigade";
import { workerSignal } from "brigade/node";

export function square(value: number): number {
  return value * value;
}

export function fail(): never {
  throw new RangeError("out of range", { cause: "the test" });
}

export async function later(text: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return text.toUpperCase();
}

export const asCoroutine: (text: string) => Coroutine<string> = coroutine(function* (
  text: string,
): CoroutineBody<string> {
  yield* sleep(5);
  return text.repeat(2);
});

export function* count(end: number): Generator<number> {
  for (let value = 0; value < end; value++) yield value;
}

/** Computes until it is told to stop. */
export function obedient(): number {
  let rounds = 0;
  while (!workerSignal().aborted) rounds++;
  return rounds;
}

export function stubborn(): never {
  for (;;);
}

export function exit(code: number): never {
  process.exit(code);
}

export function sizeOf(bytes: Uint8Array): number {
  return bytes.byteLength;
}
