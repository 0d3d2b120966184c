/** Paths and options as they are given, checked before anything is done with them. */
import { fileURLToPath } from "node:url";
import { describe } from "../../errors.ts";

/** Where a file is: a path, relative to the working directory, or a `file:` URL. */
export type Path = string | URL;

export function pathOf(path: Path, taker: string): string {
  const text = path instanceof URL ? pathOfURL(path, taker) : path;
  if (typeof text !== "string") throw new TypeError(`${taker} takes a path or a file: URL, not ${describe(path)}`);
  if (text === "") throw new TypeError(`${taker} takes a path, and the one it was given is empty`);
  if (text.includes("\0")) throw new TypeError(`${taker}: the path ${JSON.stringify(text)} has a null character in it`);
  return text;
}

function pathOfURL(url: URL, taker: string): string {
  if (url.protocol !== "file:") throw new TypeError(`${taker} takes a path or a file: URL, not ${url.href}`);
  return fileURLToPath(url);
}

/** How the bytes of a file become text. */
export type TextEncoding = "utf8" | "utf16le" | "latin1";

export function encodingOf(encoding: TextEncoding | undefined, taker: string): TextEncoding {
  if (encoding === undefined || encoding === "utf8" || encoding === "utf16le" || encoding === "latin1") {
    return encoding ?? "utf8";
  }
  throw new RangeError(`${taker}: encoding is ${describe(encoding)}; use "utf8", "utf16le" or "latin1"`);
}

/** A limit on bytes or characters: a whole number of at least 1, or Infinity. */
export function limitOf(limit: number, name: string, taker: string): number {
  if (limit === Infinity || (Number.isSafeInteger(limit) && limit > 0)) return limit;
  throw new RangeError(`${taker}: ${name} is ${describe(limit)}; use a whole number of at least 1`);
}

/** The permissions of a file or directory that is made. */
export function modeOf(mode: number | undefined, taker: string): number {
  const permissions = mode ?? 0o666;
  if (Number.isInteger(permissions) && permissions >= 0 && permissions <= 0o7777) return permissions;
  throw new RangeError(`${taker}: mode is ${describe(mode)}; use permissions such as 0o644`);
}
