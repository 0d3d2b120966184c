/** The processes of a campaign. Each has two chunks at hand, so that neither its Node nor its CPython waits for the other. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Answer, Chunk } from "./worker.ts";

const AT_HAND = 2;
const SILENCE = 120_000; // ms after which a job that has not answered is taken for hanging

export interface JobsOptions {
  readonly jobs: number;
  /** The next chunk to run; undefined when there is none left. */
  readonly next: () => Chunk | undefined;
  readonly done: (answer: Answer & { readonly kind: "done" }) => void;
  readonly signal: AbortSignal;
}

/** Runs chunks until there are none left. All processes have ended when this has. */
export async function runJobs({ jobs, next, done, signal }: JobsOptions): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running = Array.from({ length: jobs }, async () => {
    try {
      await runJob(next, done, either);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(running);
  signal.throwIfAborted();
  const failed = results.find((result) => result.status === "rejected" && result.reason === stop.signal.reason);
  if (failed?.status === "rejected") throw failed.reason;
}

async function runJob(next: JobsOptions["next"], done: JobsOptions["done"], signal: AbortSignal): Promise<void> {
  const worker = fork(join(import.meta.dirname, "worker.ts"), { execArgv: ["--conditions=@brigade/source"] });
  const ended = new Promise<void>((resolve) => void worker.on("exit", () => resolve())); // "close" does not come after disconnect()
  try {
    await feed(worker, next, done, signal);
  } finally {
    if (worker.connected) worker.disconnect();
    const impatience = setTimeout(() => worker.kill("SIGKILL"), 2000);
    await ended;
    clearTimeout(impatience);
  }
}

function feed(
  worker: ChildProcess,
  next: JobsOptions["next"],
  done: JobsOptions["done"],
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const atHand = new Map<number, Chunk>();
  const silence = setTimeout(() => {
    const [first] = atHand.values();
    worker.kill("SIGKILL");
    reject(
      new Error(`a job hangs in one of the programs ${first?.from} to ${(first?.to ?? 0) - 1} of seed ${first?.seed}`),
    );
  }, SILENCE);
  const give = (): void => {
    const chunk = next();
    if (chunk === undefined) {
      if (atHand.size === 0) resolve();
      return;
    }
    atHand.set(chunk.from, chunk);
    worker.send(chunk);
  };
  worker.on("message", (answer: Answer) => {
    silence.refresh();
    if (answer.kind === "broken") return reject(new Error(answer.why));
    atHand.delete(answer.from);
    done(answer);
    give();
  });
  worker.on("error", reject);
  worker.on("exit", (code, by) => reject(new Error(`a job ended (${by ?? code}) before its programs had`)));
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  for (let i = 0; i < AT_HAND; i++) give();
  return promise.finally(() => {
    clearTimeout(silence);
    signal.removeEventListener("abort", abort);
  });
}
