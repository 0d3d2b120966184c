/** Steps that block the loop until the watchdog has written about them, so that no test guesses how long that takes. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LONGEST = 5_000; // ms: a busy machine must not fail a test, a watchdog that never writes must

/** A file for the watchdog to write to. */
export class Notes implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "brigade-watchdog-"));
  readonly #path = join(this.#folder, "notes");
  readonly descriptor: number = openSync(this.#path, "a");

  get text(): string {
    return readFileSync(this.#path, "utf8");
  }

  get count(): number {
    return this.text.split("brigade: ").length - 1;
  }

  /** Computes until so many notes have been written. Gives the milliseconds that it took. */
  blockUntil(count: number): number {
    const began = performance.now();
    for (;;) {
      const elapsed = performance.now() - began;
      if (this.count >= count || elapsed > LONGEST) return elapsed;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
    rmSync(this.#folder, { recursive: true });
  }
}

/** Computes for so long. */
export function block(duration: number): void {
  const until = performance.now() + duration;
  while (performance.now() < until);
}
