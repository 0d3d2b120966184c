/** Engines by their names, for command lines and settings. */
import type { Engine } from "./engine/engine.ts";
import { bullmq } from "./engines/bullmq/index.ts";
import { local } from "./worker/local.ts";
import { pgBoss } from "./engines/pg-boss/index.ts";

const FOLDER = "./.brigade";

/**
 * The engine that a text names: `bullmq` (at `REDIS_URL`, or redis://127.0.0.1:6379), `redis://…`, `rediss://…`, `pg-boss` (at `DATABASE_URL`, or
 * postgres://127.0.0.1:5432/postgres), `postgres://…`, `local` (the folder ./.brigade), `local:folder`. Throws `RangeError` for any other.
 *
 * @example
 * ```ts
 * import { engineFrom } from "@brigade/workers";
 *
 * console.log(engineFrom("redis://127.0.0.1:6379").name, engineFrom("local:./jobs").name);
 * ```
 */
export function engineFrom(text: string): Engine {
  if (text === "bullmq") return bullmq(process.env["REDIS_URL"] || "redis://127.0.0.1:6379");
  if (/^rediss?:\/\//.test(text)) return bullmq(text);
  if (text === "pg-boss") return pgBoss(process.env["DATABASE_URL"] || "postgres://127.0.0.1:5432/postgres");
  if (/^postgres(ql)?:\/\//.test(text)) return pgBoss(text);
  if (text === "local") return local(FOLDER);
  if (text.startsWith("local:") && text.length > "local:".length) return local(text.slice("local:".length));
  // What was written may be an address with a password: only its beginning is shown.
  const shown = /^[\w+.-]*/.exec(text)?.[0] ?? "";
  throw new RangeError(
    `"${shown}" is no engine: use bullmq, redis://…, pg-boss, postgres://…, local, or local:<folder>`,
  );
}
