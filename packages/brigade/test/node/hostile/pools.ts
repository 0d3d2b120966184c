/** Pools of the hostile functions, threads or processes, which must work after whatever was done to them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Coroutine, type CoroutineBody, coroutine, use } from "brigade";
import { type Pool, type PoolOptions, processPool, threadPool } from "brigade/node";
import { expect } from "vitest";
import { expectNothingLeft } from "./leaves-nothing.ts";

export type Work = typeof import("../programs/obedient-worker.ts");
export type Kind = "thread" | "process";
export const kinds: readonly Kind[] = ["thread", "process"];

// Workers load the same files again and again: Node keeps what it has compiled, where other tools keep such things too.
const compiled = new URL("../../../../../node_modules/.cache/brigade-tests", import.meta.url);
process.env["NODE_COMPILE_CACHE"] = fileURLToPath(compiled);

const hostile = new URL("../programs/hostile-worker.ts", import.meta.url);
const obedient = new URL("../programs/obedient-worker.ts", import.meta.url);

/** With `obeys`, of the functions that hear of their cancellation as well: such workers take longer to start. */
export interface Options extends PoolOptions {
  readonly obeys?: boolean;
}

export function poolOf(kind: Kind, { obeys = false, ...options }: Options = {}): Pool<Work> {
  const work = obeys ? obedient : hostile;
  // What the sources are found by; the test runner does not hand it on to what it starts.
  const execArgv = ["--conditions=@brigade/source"];
  return kind === "thread"
    ? threadPool<Work>(work, { execArgv, ...options })
    : processPool<Work>(work, { execArgv, ...options });
}

/** Runs the body with a pool of its own, which must work afterwards, and leave nothing. */
export async function withPool(
  kind: Kind,
  options: Options,
  body: (pool: Pool<Work>) => CoroutineBody<unknown>,
): Promise<void> {
  await expectNothingLeft(() =>
    use(poolOf(kind, options), function* (pool) {
      yield* coroutine(body)(pool);
      yield* expectWorks(pool);
    }),
  );
}

/** The pool answers, and has nothing left to do. */
export const expectWorks: (pool: Pool<Work>) => Coroutine<void> = coroutine(function* expectWorks(
  pool: Pool<Work>,
): CoroutineBody<void> {
  expect(yield* pool.call("echo", "still there?")).toBe("still there?");
  expect(pool.waiting).toBe(0);
});

/** A file in which the workers leave a line per execution. */
export class Notes implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "brigade-notes-"));
  readonly file: string = join(this.#folder, "notes.txt");

  get lines(): string[] {
    try {
      return readFileSync(this.file, "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
