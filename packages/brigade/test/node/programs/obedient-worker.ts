/** Functions for a pool that hear of their cancellation, beside the hostile ones. */
import { type Coroutine, type CoroutineBody, coroutine, sleep } from "brigade";
import { workerSignal } from "brigade/node";
import { note, Overdrawn } from "./hostile-worker.ts";

export * from "./hostile-worker.ts";

export function spinsUntilAborted(file: string): string {
  note(file, "begun");
  const signal = workerSignal();
  try {
    for (;;) if (signal.aborted) return "gave way";
  } finally {
    note(file, "cleaned up");
  }
}

/** The pieces of work of a loop that polls. */
export function computesUntilAborted(file: string): never {
  note(file, "begun");
  const signal = workerSignal();
  try {
    for (let sum = 0; ; sum++) if (sum % 1_000 === 0) signal.throwIfAborted();
  } finally {
    note(file, "cleaned up");
  }
}

export async function waitsUntilAborted(file: string): Promise<void> {
  note(file, "begun");
  const signal = workerSignal();
  try {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 20)); // cleanup may take its time
    note(file, "cleaned up");
  }
}

export const unwinds: (file: string) => Coroutine<void> = coroutine(function* unwinds(
  file: string,
): CoroutineBody<void> {
  note(file, "begun");
  try {
    yield* sleep("1h");
  } finally {
    yield* sleep("20ms");
    note(file, "cleaned up");
  }
});

export const nests: (file: string) => Coroutine<void> = coroutine(function* nests(file: string): CoroutineBody<void> {
  try {
    yield* unwinds(file);
  } finally {
    yield* sleep("5ms");
    note(file, "cleaned up outside");
  }
});

/** Hears the abort, and goes on all the same. */
export async function stays(file: string): Promise<never> {
  note(file, "begun");
  workerSignal().addEventListener("abort", () => note(file, "heard it"));
  return await new Promise(() => setInterval(() => {}, 1_000));
}

export const failsToCleanUp: (file: string) => Coroutine<void> = coroutine(function* failsToCleanUp(
  file: string,
): CoroutineBody<void> {
  note(file, "begun");
  try {
    yield* sleep("1h");
  } finally {
    yield* sleep("5ms");
    throw new Overdrawn("while cleaning up", 0);
  }
});

export function isAborted(): boolean {
  return workerSignal().aborted;
}
