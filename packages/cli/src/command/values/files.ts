/** Names of files and folders, and what can be told of them before anything runs. */
import { accessSync, constants, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Suggestion } from "@optique/core/parser";
import { quoted, UsageError } from "../usage-error.ts";
import { type Value, value } from "./value.ts";

function nonEmpty(word: string): string {
  if (word === "") throw new UsageError("write the name of a file");
  return word;
}

function named(type: "file" | "directory", metavar: Uppercase<string>, example: string): Value<string> {
  return value({
    metavar,
    example,
    read: nonEmpty,
    write: (path) => path,
    *suggest(prefix): Iterable<Suggestion> {
      if (!prefix.startsWith("-")) yield { kind: "file", type, pattern: prefix };
    },
  });
}

export function file(example = "results.jsonl", metavar: Uppercase<string> = "FILE"): Value<string> {
  return named("file", metavar, example);
}

export function folder(): Value<string> {
  return named("directory", "FOLDER", "bodies");
}

/** A text, or `@file` for what is in a file. */
export function data(): Value<string> {
  return value({
    metavar: "DATA",
    example: "@body.json",
    read: (word) => word,
    write: (text) => text,
    *suggest(prefix): Iterable<Suggestion> {
      if (prefix.startsWith("@")) yield { kind: "file", type: "file", pattern: prefix, prefix: "@" };
    },
  });
}

const stats = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

function mayUse(path: string, right: number): boolean {
  try {
    accessSync(path, right);
    return true;
  } catch {
    return false;
  }
}

/** `name` is what the user calls it: `FILE`, `--output`. */
export function assertReadable(name: string, path: string): void {
  const found = stats(path);
  if (found === undefined) throw new UsageError(`${name} ${quoted(path)}: there is no such file: look at its path`);
  if (found.isDirectory()) throw new UsageError(`${name} ${quoted(path)}: this is a folder: name a file`);
  if (!mayUse(path, constants.R_OK))
    throw new UsageError(`${name} ${quoted(path)}: you may not read it: give yourself the right, or name another file`);
}

export function readBytes(name: string, path: string): Uint8Array {
  assertReadable(name, path);
  return readFileSync(path);
}

export function assertWritable(name: string, path: string): void {
  const found = stats(path);
  if (found?.isDirectory()) throw new UsageError(`${name} ${quoted(path)}: this is a folder: name a file`);
  if (found !== undefined) return assertRight(name, path, path);
  const parent = dirname(path);
  if (stats(parent)?.isDirectory() !== true)
    throw new UsageError(`${name} ${quoted(path)}: the folder ${quoted(parent)} is not there: make it first`);
  return assertRight(name, path, parent);
}

/** The folder itself may be made later. */
export function assertFolder(name: string, path: string): void {
  const found = stats(path);
  if (found === undefined) return assertWritable(name, path);
  if (!found.isDirectory()) throw new UsageError(`${name} ${quoted(path)}: this is a file: name a folder`);
  return assertRight(name, path, path);
}

function assertRight(name: string, path: string, place: string): void {
  if (!mayUse(place, constants.W_OK))
    throw new UsageError(`${name} ${quoted(path)}: you may not write there: give yourself the right, or name another`);
}

/** One name for each file, whichever way it is written. */
function identityOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(resolve(path));
    return stats(parent) === undefined ? resolve(path) : join(realpathSync(parent), basename(path));
  }
}

/** No two of them are the same file. What is no regular file, such as /dev/null, may serve several times. */
export function assertDistinct(files: readonly { readonly name: string; readonly path: string }[]): void {
  const names = new Map<string, string>();
  for (const { name, path } of files) {
    if (stats(path)?.isFile() === false) continue;
    const identity = identityOf(path);
    const other = names.get(identity);
    if (other !== undefined)
      throw new UsageError(`${other} and ${name} are the same file, ${quoted(path)}: name two files`);
    names.set(identity, name);
  }
}
