/** How the bench starts `brigade fetch`: as an installed package starts it, on the Node that runs the bench. */
import { fileURLToPath } from "node:url";

const main: string = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));

/** No command here takes this long unless it hangs. */
export const COMMAND_TIMEOUT_MS = 900_000;

export const fetchCommand: readonly [string, ...string[]] = [process.execPath, main, "fetch"];
