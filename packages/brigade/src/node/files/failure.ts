/**
 * What the file system refused, in words: what happened, to which file, and what to do where there is something to do.
 */
import { dirname } from "node:path";
import { FileError } from "../errors.ts";

type Cause = Error & { readonly code?: string };

/** What can be done about it. */
const advice: Readonly<Record<string, (path: string) => string>> = {
  EACCES: () => `; the user of this process${user()} has no permission`,
  EPERM: () => `; the user of this process${user()} may not do that`,
  EMFILE: () => "; open fewer files at once (`limit` of forEach, mapStream and gather), or raise `ulimit -n`",
  ENFILE: () => "; the system has as many files open as it can",
  ENOSPC: () => "; make room and try again",
  EDQUOT: () => "; the user's quota is used up",
  EROFS: () => "; write somewhere else",
  EISDIR: () => "; give the path of a file, or read it with walk()",
  ELOOP: () => "; its symbolic links lead round in a circle",
  ENXIO: () => "; it is a FIFO that nobody reads from, or a device that is not there",
};

/** Only writing makes files: then the directory is what is missing. */
const MAKES_FILES = /write|append|make/;

function user(): string {
  const id = process.geteuid?.();
  return id === undefined ? "" : ` (uid ${id})`;
}

/** The words of libuv's message, without its code before and its call behind. */
function wordsOf(cause: Cause): string {
  const words = /^[A-Z0-9_]+: ([^,]+)(?:,|$)/.exec(cause.message)?.[1];
  return words ?? cause.message;
}

/** The error for what `node:fs` answered. `operation` is a verb: "read", "write", "list". */
export function fileError(cause: Cause, operation: string, path: string, written?: number, size?: number): FileError {
  const code = cause.code ?? "UNKNOWN";
  let message = `can't ${operation} "${path}": ${wordsOf(cause)} (${code})`;
  if (written !== undefined) message += `; ${written}${size === undefined ? "" : ` of ${size}`} bytes were written`;
  if (code === "ENOENT" && MAKES_FILES.test(operation)) message += `; is there a directory "${dirname(path)}"?`;
  else message += advice[code]?.(path) ?? "";
  return new FileError(message, { code, path, operation, written, cause });
}

/** The error for what is refused here, before the file system could. */
export function refusal(code: string, words: string, operation: string, path: string): FileError {
  return new FileError(`can't ${operation} "${path}": ${words} (${code})`, { code, path, operation });
}
