/** Says how a command failed, with its last words. */
import { ExitError } from "../errors.ts";
import type { Collected } from "./collected.ts";

const LINES = 5;
const CHARACTERS = 1_000;

/** `who` begins the message. */
export function exitError(
  who: string,
  ending: Pick<ExitError, "command" | "exitCode" | "signal" | "stdout" | "stderr">,
  stderr: Collected,
): ExitError {
  const how = ending.signal === undefined ? `ended with exit code ${ending.exitCode}` : `was ended by ${ending.signal}`;
  const words = lastWords(stderr.text());
  return new ExitError(`${who} ${how}${words === "" ? "" : `:\n${words}`}`, ending);
}

/** The last lines, as far as they are short. */
function lastWords(text: string): string {
  const lines = text.trimEnd().split("\n").slice(-LINES).join("\n");
  return lines.length <= CHARACTERS ? lines : `…${lines.slice(-CHARACTERS)}`;
}
