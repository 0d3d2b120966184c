/** How the bench starts commands that read traces: as an installed package starts them, on the Node that runs the bench. */
import { fileURLToPath } from "node:url";

const main: string = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));

/** No command here takes this long unless it hangs. */
export const COMMAND_TIMEOUT_MS = 120_000;

export function traceCommand(name: "timeline" | "inspect", ...args: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, main, name, ...args];
}
