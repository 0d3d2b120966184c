/** The key of a job, as its submitter gave it. */
import type { JobPayload } from "../engine/engine.ts";

export function keyOf({ key }: JobPayload): string | undefined {
  return key === undefined ? undefined : (JSON.parse(key) as string);
}
