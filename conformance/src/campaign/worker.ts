/** One job of a campaign, in a process of its own: generates programs, runs them on both, and says which went apart. */
import { programAt } from "../generator/programs.ts";
import { difference } from "../replay.ts";
import { runBoth } from "./both.ts";
import { CPython } from "./cpython.ts";

/** Programs `from` up to, and without, `to`. */
export interface Chunk {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

export type Answer =
  | { readonly kind: "done"; readonly from: number; readonly mismatches: readonly number[] }
  | { readonly kind: "broken"; readonly why: string };

const cpython = await CPython.start();

async function run({ seed, from, to }: Chunk): Promise<Answer> {
  const programs = Array.from({ length: to - from }, (_, offset) => programAt(seed, from + offset));
  const traces = await runBoth(programs, cpython);
  const mismatches = traces.flatMap(({ cpython: expected, brigade }, offset) =>
    difference(expected, brigade) === undefined ? [] : [from + offset],
  );
  return { kind: "done", from, mismatches };
}

async function answer(chunk: Chunk): Promise<void> {
  const found = await run(chunk).catch((error: unknown): Answer => ({ kind: "broken", why: String(error) }));
  if (process.connected) process.send?.(found);
}

// Whoever started this hears the signals, and then disconnects.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("message", (chunk: Chunk) => void answer(chunk));
process.on("disconnect", () => void cpython[Symbol.asyncDispose]().finally(() => process.exit()));
