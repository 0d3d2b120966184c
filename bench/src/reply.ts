/** How a process of the bench answers: a line of JSON on its output. */
import type { Reply } from "./program.ts";

export function reply(line: Reply, written?: () => void): void {
  process.stdout.write(`${JSON.stringify(line)}\n`, written);
}
