/**
 * Writes a file whole or not at all: into a temporary file beside it, to the disk, and then, by one rename, into its
 * place. Until the rename the target is untouched; on every path without one the temporary file is removed.
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { FileError } from "../errors.ts";
import { call } from "./call.ts";
import { refusal } from "./failure.ts";
import { CREATE_NEW, OpenFile, READ } from "./open-file.ts";
import { checkData, type FileData, put } from "./output.ts";
import { modeOf, type Path, pathOf } from "./path.ts";
import type { WriteOptions } from "./write.ts";

export interface WriteAtomicOptions extends WriteOptions {
  /** Whether to wait until the disk has it, so that it outlasts a loss of power: true unless told otherwise. */
  readonly flush?: boolean;
}

const MOST_LINKS = 40; // as Linux follows
const LONGEST_NAME = 255; // bytes, on nearly every file system
const OWNER_ALONE = 0o600;

/**
 * Takes the place of the file, or makes it, whole: whoever reads sees what was there before or all of the data, and so
 * does a machine that lost its power meanwhile. Of several writers at once the last one wins, whole. A symbolic link is
 * kept, and what it leads to is replaced. An existing file's permissions are kept, and its owner where the process may
 * set that; its other hard links keep the old content, and extended attributes are lost.
 *
 * Cancellation, and an error of the data's source, leave the file as it was. A process that is killed leaves a file
 * named `.<name>.<random>.tmp` beside it. Throws `FileError`, also for what is no regular file.
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { readText, tempDir, writeAtomic } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* writeAtomic(`${dir}/settings.json`, JSON.stringify({ port: 8080 }));
 *     console.log(yield* readText(`${dir}/settings.json`));
 *   }),
 * );
 * ```
 */
export function writeAtomic(path: Path, data: FileData, options: WriteAtomicOptions = {}): Awaitable<void> {
  const where = pathOf(path, "writeAtomic");
  checkData(data, "writeAtomic");
  return replace(where, data, modeOf(options.mode, "writeAtomic"), options.flush ?? true);
}

interface Target {
  /** Where it is, after the last symbolic link. */
  readonly path: string;
  /** What is there now. */
  readonly stats: fs.Stats | undefined;
}

const replace = /* @__PURE__ */ coroutine(function* writeAtomic(
  path: string,
  data: FileData,
  mode: number,
  flush: boolean,
): CoroutineBody<void> {
  const target = yield* targetOf(path);
  const temporary = temporaryBeside(target.path);
  const file = new OpenFile(path, "write", temporary);
  let replaced = false;
  try {
    try {
      const made = yield* file.open(CREATE_NEW, target.stats === undefined ? mode : OWNER_ALONE);
      yield* put(file, data);
      if (target.stats !== undefined) yield* keepRights(file, target.stats, made);
      if (flush) yield* file.sync();
    } finally {
      yield* shield(file.close());
    }
    yield* shield(
      commit(temporary, target.path, path, flush, () => {
        replaced = true;
      }),
    );
  } finally {
    if (file.opened && !replaced) yield* shield(removed(temporary, path));
  }
});

const targetOf = /* @__PURE__ */ coroutine(function* resolveLinks(path: string): CoroutineBody<Target> {
  let place = path;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const at = place;
    const stats = yield* statsIfAny(at, path);
    if (stats?.isSymbolicLink() !== true) {
      if (stats?.isDirectory()) throw refusal("EISDIR", "it is a directory", "write", path);
      if (stats && !stats.isFile()) throw refusal("EINVAL", "it is no regular file; use write", "write", path);
      return { path: place, stats };
    }
    const directory = yield* call<string>("write", path, (done) => fs.realpath(dirname(at), done));
    place = resolve(directory, yield* call<string>("write", path, (done) => fs.readlink(at, done)));
  }
  throw refusal("ELOOP", "its symbolic links lead round in a circle", "write", path);
});

const statsIfAny = /* @__PURE__ */ coroutine(function* stat(
  place: string,
  path: string,
): CoroutineBody<fs.Stats | undefined> {
  return yield* call<fs.Stats | undefined>("write", path, (done) => {
    fs.lstat(place, (error, stats) => (error?.code === "ENOENT" ? done(null, undefined) : done(error, stats)));
  });
});

/** A name that nobody else has, not longer than names may be. */
function temporaryBeside(path: string): string {
  const suffix = `.${randomBytes(9).toString("base64url")}.tmp`;
  let name = basename(path);
  while (Buffer.byteLength(name) > LONGEST_NAME - 1 - suffix.length) name = name.slice(0, -1);
  return join(dirname(path), `.${name}${suffix}`);
}

const keepRights = /* @__PURE__ */ coroutine(function* keepRights(
  file: OpenFile,
  before: fs.Stats,
  made: fs.Stats,
): CoroutineBody<void> {
  if (before.uid !== made.uid || before.gid !== made.gid) {
    try {
      yield* file.chown(before.uid, before.gid);
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== "EPERM") throw error; // only root may give files away
    }
  }
  yield* file.chmod(before.mode & 0o7777); // after chown, which takes the set-user-ID bit away
});

/** Not to be left half way: after the rename the directory has to reach the disk, too. */
const commit = /* @__PURE__ */ coroutine(function* commit(
  temporary: string,
  place: string,
  path: string,
  flush: boolean,
  replaced: () => void,
): CoroutineBody<void> {
  yield* call<void>("write", path, (done) => {
    fs.rename(temporary, place, (error) => {
      if (!error) replaced();
      done(error);
    });
  });
  if (flush && process.platform !== "win32") yield* syncDirectory(dirname(place), path);
});

const syncDirectory = /* @__PURE__ */ coroutine(function* sync(directory: string, path: string): CoroutineBody<void> {
  const file = new OpenFile(path, "write", directory);
  try {
    yield* file.openDescriptor(READ, 0);
    yield* file.sync();
  } catch (error) {
    // A directory that may be written, not read; a file system that can't do it. The data itself is on the disk.
    if (!(error instanceof FileError) || !/^(?:EACCES|EPERM|EINVAL|ENOTSUP|EBADF)$/.test(error.code)) throw error;
  } finally {
    yield* file.close();
  }
});

const removed = /* @__PURE__ */ coroutine(function* remove(temporary: string, path: string): CoroutineBody<void> {
  yield* call<void>(
    "write",
    path,
    (done) => fs.unlink(temporary, (error) => done(error?.code === "ENOENT" ? null : error)),
    "always",
  );
});
