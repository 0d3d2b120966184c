/** Runs in a thread of its own, beside a copy of the runtime: replays recorded programs until one goes another way. */
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Recorded } from "../program.ts";

export type Told =
  | { readonly kind: "imported" }
  /** The first program that went another way, if one did. */
  | { readonly kind: "replayed"; readonly mismatch: string | undefined };

function tell(told: Told): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has no origin
  parentPort?.postMessage(told);
}

const AT_ONCE = 20; // programs between two looks at what they gave

async function firstMismatch(file: string): Promise<string | undefined> {
  const { replayAll } = await import("../replay.ts");
  const recorded = JSON.parse(readFileSync(file, "utf8")) as readonly Recorded[];
  for (let next = 0; next < recorded.length; next += AT_ONCE) {
    const mismatches = await replayAll(recorded.slice(next, next + AT_ONCE));
    if (mismatches.length > 0) return mismatches[0];
  }
  return undefined;
}

await import("brigade");
tell({ kind: "imported" });
tell({ kind: "replayed", mismatch: await firstMismatch(workerData as string) });
