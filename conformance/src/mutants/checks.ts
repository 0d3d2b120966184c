/** The checks that may kill a mutant. Each runs on a copy of the runtime, and is ended when its time is over. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { RuntimeCopy } from "./copy.ts";
import type { Told } from "./replay-worker.ts";

const repository: string = join(import.meta.dirname, "../../..");

/** What a check says of the runtime it ran on. */
export type Verdict =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly how: string }
  /** Its time was over. */
  | { readonly kind: "hung" }
  /** Nothing could be tried, and so nothing is shown: the runtime can't even be imported, for instance. */
  | { readonly kind: "broken"; readonly how: string };

export interface Limits {
  /** Milliseconds that it may take. */
  readonly time: number;
  readonly signal: AbortSignal;
}

const HEAP = 1024; // MB; a mutant that piles things up for ever is ended by it

/** Replays the recorded programs of the file, until one goes another way. */
export function replay(copy: RuntimeCopy, file: string, limits: Limits): Promise<Verdict> {
  const worker = new Worker(join(copy.root, "conformance/src/mutants/replay-worker.ts"), {
    execArgv: ["--conditions=@brigade/source"],
    workerData: file,
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
    stdout: true, // what a mutant prints is nobody's business
    stderr: true,
  });
  let imported = false;
  return limited<Verdict>(
    limits,
    (done) => {
      worker.on("message", (told: Told) => {
        if (told.kind === "imported") imported = true;
        else done(told.mismatch === undefined ? { kind: "passed" } : { kind: "failed", how: told.mismatch });
      });
      worker.on("error", (error) => done({ kind: imported ? "failed" : "broken", how: String(error) }));
      worker.on("exit", () => done({ kind: "failed", how: "it ended before its programs had" }));
    },
    async () => void (await worker.terminate()),
  );
}

/** Runs these files of the runtime's tests, until one fails. */
export function unitTests(copy: RuntimeCopy, files: readonly string[], limits: Limits): Promise<Verdict> {
  const config = join(copy.root, "conformance/src/mutants/unit-tests.config.ts");
  if (files.length === 0) return Promise.resolve({ kind: "passed" });
  const paths = files.map((file) => `packages/brigade/test/${file}`);
  const vitest = join(repository, "node_modules/vitest/vitest.mjs");
  const child = spawn(
    process.execPath,
    ["--expose-gc", vitest, "run", "--root", copy.root, "--config", config, ...paths],
    {
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  let failures = "";
  let trouble = "";
  child.stdout.on("data", (text: Buffer) => (failures += text.toString()));
  child.stderr.on("data", (text: Buffer) => (trouble += text.toString()));
  const closed = new Promise<void>((resolve) => void child.on("close", () => resolve()));
  return limited<Verdict>(
    limits,
    (done) => {
      child.on("error", (error) => done({ kind: "broken", how: String(error) }));
      child.on("close", (code) => {
        if (code === 0) done({ kind: "passed" });
        else if (failures === "") done({ kind: "broken", how: `its tests can't run. ${trouble}` });
        else done({ kind: "failed", how: firstLine(failures) });
      });
    },
    async () => {
      child.kill("SIGKILL");
      await closed;
    },
  );
}

function firstLine(failures: string): string {
  return failures.trim().replace(/\n.*/s, "").replace("packages/brigade/test/", "");
}

/** The first verdict, or "hung" when the time is over. What was started has ended when this has. */
async function limited<T>(
  { time, signal }: Limits,
  start: (done: (verdict: T) => void) => void,
  stop: () => Promise<void>,
): Promise<T | { readonly kind: "hung" }> {
  const { promise, resolve, reject } = Promise.withResolvers<T | { readonly kind: "hung" }>();
  const abort = (): void => reject(signal.reason as Error);
  const timer = setTimeout(() => resolve({ kind: "hung" }), time);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  start(resolve);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    await stop();
  }
}
