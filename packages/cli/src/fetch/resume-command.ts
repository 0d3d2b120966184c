/** How to go on with a run that was interrupted: the command as it was typed, with --resume. */
import type { FetchOptions } from "./options.ts";

const plain = /^[\w@%+=:,./-]+$/;

/** A word as a shell reads it. */
export function inShell(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function resumeAdvice({ command, output, source, resume }: FetchOptions): string {
  if (output === undefined) {
    return "What went to stdout can't be gone on with: give --output FILE, and --resume continues after an interruption.";
  }
  // A resumed run must not replace what is there.
  const words = command.filter((word) => word !== "--overwrite");
  if (!resume) words.push("--resume");
  const input = source.kind === "stdin" ? " (with the same URLs on stdin)" : "";
  return `To go on where it stopped${input}:\n  ${words.map(inShell).join(" ")}`;
}
