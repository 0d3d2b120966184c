/** Which workers of a pool had to be killed because they did not end with it: told in one report. */
import type { Loop } from "../../kernel/loop.ts";
import type { PoolWorker } from "./pool-worker.ts";

/** What `run` cancels the tasks with that are left when main has ended. */
export const ENDED_WITH_RUN = "run has ended";

export class KillNotes {
  readonly #pool: string;
  #notes: string[] = [];

  constructor(pool: string) {
    this.#pool = pool;
  }

  note({ number, kind, work }: PoolWorker): void {
    const what = work === undefined ? "which did not end" : `which was still running "${work.name}"`;
    this.#notes.push(`worker ${number} (${kind}), ${what}`);
  }

  report(loop: Loop, withRun: boolean): void {
    const notes = this.#notes;
    this.#notes = [];
    if (notes.length === 0) return;
    const start = withRun ? `run ended: pool "${this.#pool}"` : `pool "${this.#pool}" was closed, and`;
    loop.report({ kind: "killed", message: `${start} had to kill ${notes.join("; ")}` });
  }
}
