/** What is below a directory, one directory open at a time. */
import * as fs from "node:fs";
import { join } from "node:path";
import { type Stream, stream } from "../../flow/stream.ts";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody, Suspension } from "../../types.ts";
import { FileError } from "../errors.ts";
import { call } from "./call.ts";
import { Listing } from "./listing.ts";
import { limitOf, type Path, pathOf } from "./path.ts";

/** What the file system says of an entry. A symbolic link that is followed is what it leads to. */
export type EntryKind = "file" | "directory" | "symlink" | "other";

export interface WalkEntry {
  /** The root's path, as it was given, with the way from there. */
  readonly path: string;
  readonly name: string;
  /** "other" are FIFOs, sockets and devices. */
  readonly kind: EntryKind;
  /** 1 for what stands in the root itself. */
  readonly depth: number;
}

export interface WalkOptions {
  /** True for what is not to be given; a directory is then not entered either. */
  readonly skip?: (entry: WalkEntry) => boolean;
  /** How many levels: 1 gives what stands in the root itself. All, unless told otherwise. */
  readonly depth?: number;
  /** Whether to take a symbolic link for what it leads to. Each directory is then entered once, so that circles end. */
  readonly followSymlinks?: boolean;
  /**
   * Whether the entries of a directory come in the order of their names, by code unit: its names are then held in
   * memory.
   */
  readonly sorted?: boolean;
  /**
   * Takes the error of a directory that can't be listed, and the walk goes on; without it the walk ends with the error.
   */
  readonly onError?: (error: FileError) => void;
}

/**
 * What is below the directory, as a stream, each directory before what is in it: the entries of a directory one after
 * the other, then its subdirectories in the same order. One directory is open at a time, and memory holds the
 * directories that are still to be entered. What changes meanwhile may or may not be given; a directory that is gone
 * when its turn comes is left out. Names that are no UTF-8 have U+FFFD in them.
 *
 * Closing the stream and cancellation close the directory. Throws `FileError` for a directory that can't be listed,
 * unless there is `onError`. (Python: `Path.walk`.)
 *
 * @example
 * ```ts
 * import { forEach, run, use } from "brigade";
 * import { tempDir, walk, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* write(`${dir}/a.txt`, "a");
 *     yield* write(`${dir}/.hidden`, "b");
 *     const shown = walk(dir, { skip: (entry) => entry.name.startsWith(".") });
 *     yield* forEach(shown, (entry) => console.log(entry.kind, entry.name));
 *   }),
 * );
 * ```
 */
export function walk(root: Path, options: WalkOptions = {}): Stream<WalkEntry> {
  const where = pathOf(root, "walk");
  limitOf(options.depth ?? Infinity, "depth", "walk");
  for (const name of ["skip", "onError"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw new TypeError(`walk: ${name} is to be a function, not ${typeof options[name]}`);
  }
  return entriesBelow(where, options);
}

/** A directory that is to be entered. */
interface Ahead {
  readonly path: string;
  /** Of what stands in it. */
  readonly depth: number;
}

const entriesBelow = /* @__PURE__ */ stream(function* walk(
  root: string,
  options: WalkOptions,
): Generator<Suspension | WalkEntry, void, unknown> {
  const { skip, depth = Infinity, followSymlinks = false, sorted = false, onError } = options;
  const entered = followSymlinks ? new Set<string>() : undefined;
  const ahead: Ahead[] = [{ path: root, depth: 1 }]; // the next one is the last
  for (let directory = ahead.pop(); directory !== undefined; directory = ahead.pop()) {
    const inside: Ahead[] = [];
    const listing = new Listing(directory.path);
    try {
      const isRoot = directory.path === root;
      let dirents = yield* begin(listing, directory.path, isRoot, entered, onError);
      if (sorted) dirents = yield* allOf(listing, dirents, onError);
      while (dirents.length > 0) {
        for (const dirent of dirents) {
          const entry = yield* entryOf(dirent, directory, followSymlinks);
          if (skip?.(entry)) continue;
          yield entry;
          if (entry.kind === "directory" && entry.depth < depth)
            inside.push({ path: entry.path, depth: entry.depth + 1 });
        }
        dirents = sorted ? [] : yield* more(listing, onError);
      }
    } finally {
      yield* shield(listing.close());
    }
    while (inside.length > 0) ahead.push(inside.pop() as Ahead);
  }
});

/** The first entries of the directory; none of one that is gone, or was entered before. */
const begin = /* @__PURE__ */ coroutine(function* list(
  listing: Listing,
  path: string,
  isRoot: boolean,
  entered: Set<string> | undefined,
  onError: WalkOptions["onError"],
): CoroutineBody<fs.Dirent[]> {
  try {
    if (entered !== undefined) {
      const stats = yield* call<fs.BigIntStats>("list", path, (done) => fs.stat(path, { bigint: true }, done));
      const identity = `${stats.dev}:${stats.ino}`;
      if (entered.has(identity)) return [];
      entered.add(identity);
    }
    yield* listing.open();
    return yield* listing.next();
  } catch (error) {
    if (!isRoot && error instanceof FileError && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    return handed(error, onError);
  }
});

const more = /* @__PURE__ */ coroutine(function* list(
  listing: Listing,
  onError: WalkOptions["onError"],
): CoroutineBody<fs.Dirent[]> {
  try {
    return yield* listing.next();
  } catch (error) {
    return handed(error, onError);
  }
});

const allOf = /* @__PURE__ */ coroutine(function* list(
  listing: Listing,
  first: fs.Dirent[],
  onError: WalkOptions["onError"],
): CoroutineBody<fs.Dirent[]> {
  const all: fs.Dirent[] = [];
  for (let some = first; some.length > 0; some = yield* more(listing, onError)) all.push(...some);
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
});

/** Nothing more comes of a directory that can't be listed. */
function handed(error: unknown, onError: WalkOptions["onError"]): fs.Dirent[] {
  if (onError === undefined || !(error instanceof FileError)) throw error;
  onError(error);
  return [];
}

const entryOf = /* @__PURE__ */ coroutine(function* entry(
  dirent: fs.Dirent,
  { path: directory, depth }: Ahead,
  followSymlinks: boolean,
): CoroutineBody<WalkEntry> {
  const path = join(directory, dirent.name);
  let kind = kindOf(dirent);
  if (followSymlinks && kind === "symlink") kind = (yield* kindOfTarget(path)) ?? kind;
  return { path, name: dirent.name, kind, depth };
});

/** Undefined for a link that leads nowhere, or in a circle. */
function kindOfTarget(path: string): Awaitable<EntryKind | undefined> {
  return call<EntryKind | undefined>("list", path, (done) => {
    fs.stat(path, (error, stats) => done(null, error ? undefined : kindOf(stats)));
  });
}

function kindOf(what: fs.Dirent | fs.Stats): EntryKind {
  if (what.isFile()) return "file";
  if (what.isDirectory()) return "directory";
  return what.isSymbolicLink() ? "symlink" : "other";
}
