/**
 * Watches a file, a directory, or all below it. The host says only that something happened to a name: what it was is
 * seen by a look, one after the other, so that changes keep their order.
 */
import * as fs from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { forEach } from "../../flow/for-each.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { DONE } from "../bytes/done.ts";
import { Reply } from "../../border/reply.ts";
import { call } from "./call.ts";
import { ChangeLog } from "./change-log.ts";
import { fileError } from "./failure.ts";
import { walk } from "./walk.ts";

/** Where the system itself watches all below a directory. Elsewhere each directory has a watcher of its own. */
const WATCHES_TREES = process.platform === "darwin" || process.platform === "win32";

/** Something happened to a name in a directory that is watched. */
interface Sign {
  readonly type: string; // "change", or "rename": it came, or went
  readonly directory: string;
  readonly name: string;
}

export class Watching {
  readonly log: ChangeLog;
  readonly #root: string;
  readonly #recursive: boolean;
  readonly #watchers = new Map<string, fs.FSWatcher>(); // by directory
  readonly #signs = new Map<string, Sign>(); // not yet looked at, by type and path; in their order
  #only: string | undefined; // the name that is watched, when the root is a file: the watcher is on its directory
  #looking = false;
  #closed: Reply<void> | undefined; // set ⇔ nothing is to be watched any more

  constructor(root: string, recursive: boolean, limit: number) {
    this.#root = root;
    this.#recursive = recursive;
    this.log = new ChangeLog(root, limit);
  }

  begin(): Awaitable<void> {
    return Watching.#begin(this);
  }

  static readonly #begin = coroutine(function* watch(watching: Watching): CoroutineBody<void> {
    const root = watching.#root;
    const stats = yield* call<fs.Stats>("watch", root, (done) => fs.stat(root, done));
    if (!stats.isDirectory()) {
      watching.#only = basename(root);
      watching.#watch(dirname(root));
      return;
    }
    watching.#watch(root); // first: what is made while the rest is looked for is seen
    if (!watching.#recursive || WATCHES_TREES) return;
    const directories = walk(root, { skip: (entry) => entry.kind !== "directory" });
    yield* forEach(directories, (entry) => watching.#watch(entry.path));
  });

  #watch(directory: string): void {
    if (this.#closed || this.#watchers.has(directory)) return;
    let watcher: fs.FSWatcher;
    try {
      watcher = fs.watch(directory, { recursive: this.#recursive && WATCHES_TREES });
    } catch (error) {
      // One that is gone again is no failure: its parent's watcher tells that.
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && directory !== this.#root) return;
      throw failure(error as Error, directory);
    }
    this.#watchers.set(directory, watcher);
    watcher.on("error", (error) => this.log.end(failure(error, directory)));
    watcher.on("change", (type, name) => this.#noted(type, directory, name));
  }

  #noted(type: string, directory: string, name: string | Buffer | null): void {
    if (typeof name !== "string") this.log.add({ kind: "changed", path: directory });
    else this.#addSign({ type, directory, name });
  }

  #addSign(sign: Sign): void {
    if (this.#closed) return;
    this.#signs.set(`${sign.type} ${join(sign.directory, sign.name)}`, sign);
    if (!this.#looking) this.#lookOn();
  }

  /** Looks at what happened, one name after the other, until nothing is left to look at. */
  #lookOn(): void {
    if (this.#closed) this.#signs.clear();
    const [first] = this.#signs;
    this.#looking = first !== undefined;
    if (first === undefined) return this.#closed?.succeed();
    const [key, sign] = first;
    this.#signs.delete(key);
    this.#look(sign);
  }

  #look(sign: Sign): void {
    const path = join(sign.directory, sign.name);
    fs.lstat(path, (error, stats) => {
      if (!error) return this.#present(sign, path, stats);
      // What happens to a watched directory itself comes under its own name, too.
      if (sign.name === basename(sign.directory)) return this.#lookAtDirectory(sign);
      this.#gone(sign, path);
    });
  }

  #present(sign: Sign, path: string, stats: fs.Stats): void {
    this.#tell(sign.type === "change" ? "changed" : "created", sign);
    if (sign.type !== "rename" || !stats.isDirectory() || !this.#grows) return this.#lookOn();
    this.#forgetBelow(path); // a watcher by that path is of another directory, which stood there before
    try {
      this.#watch(path);
    } catch (error) {
      this.log.end(error);
    }
    fs.readdir(path, (error, names) => {
      for (const name of error ? [] : names)
        this.#signs.set(`rename ${join(path, name)}`, { type: "rename", directory: path, name });
      this.#lookOn();
    });
  }

  /** Whether a directory that comes gets a watcher. */
  get #grows(): boolean {
    return this.#recursive && !WATCHES_TREES && this.#only === undefined;
  }

  #gone(sign: Sign, path: string): void {
    if (sign.type === "rename") this.#tell("removed", sign);
    this.#forgetBelow(path);
    this.#lookOn();
  }

  #lookAtDirectory(sign: Sign): void {
    fs.stat(sign.directory, (error) => {
      const isTop = sign.directory === (this.#only === undefined ? this.#root : dirname(this.#root));
      if (error && isTop) {
        this.log.add({ kind: "removed", path: this.#root });
        this.log.end();
      } else if (!error && sign.type === "rename") return this.#gone(sign, join(sign.directory, sign.name));
      else if (!error && this.#only === undefined) this.log.add({ kind: "changed", path: sign.directory });
      this.#lookOn();
    });
  }

  #tell(kind: "created" | "changed" | "removed", { directory, name }: Sign): void {
    if (this.#only === undefined) this.log.add({ kind, path: join(directory, name) });
    else if (name === this.#only) this.log.add({ kind, path: this.#root });
  }

  #forgetBelow(path: string): void {
    if (!this.#watchers.has(path)) return; // then none below it is watched
    for (const [directory, watcher] of this.#watchers) {
      if (directory !== path && !directory.startsWith(path + sep)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
  }

  /** Ends the watch, and waits for the look that is under way. */
  close(): Awaitable<void> {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#closed = new Reply<void>("watch", this.#root);
    return this.#looking ? this.#closed : DONE;
  }
}

function failure(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code === "ENOSPC" || error.code === "EMFILE") {
    const words =
      "no more watches are to be had; watch less, or raise fs.inotify.max_user_watches and max_user_instances";
    return fileError(Object.assign(new Error(words, { cause: error }), { code: error.code }), "watch", path);
  }
  return fileError(error, "watch", path);
}
