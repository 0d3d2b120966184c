/** A directory of one's own that is gone afterwards, with everything in it. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "../../errors.ts";
import { forEach } from "../../flow/for-each.ts";
import { type AsyncContextManager, contextManager } from "../../flow/use.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody, Suspension } from "../../types.ts";
import { FileError } from "../errors.ts";
import { call } from "./call.ts";
import { type Path, pathOf } from "./path.ts";
import { walk } from "./walk.ts";

export interface TempDirOptions {
  /** What its name begins with: "brigade-" unless told otherwise. Six characters of the system's choice follow. */
  readonly prefix?: string;
  /** Where it is made: in the system's directory for such (`os.tmpdir()`) unless told otherwise. */
  readonly parent?: Path;
}

/**
 * Makes a directory for the time of a `use`, and gives its path; only the user of the process may enter it. At the end
 * of the body, by return, error or cancellation, it is removed with everything in it, what may not be written among it.
 * Throws `FileError` when it can't be made or removed. (Python: tempfile.TemporaryDirectory.)
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { tempDir, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir({ prefix: "report-" }), function* (dir) {
 *     yield* write(`${dir}/page.html`, "<h1>Report</h1>");
 *   }),
 * );
 * ```
 */
export function tempDir(options: TempDirOptions = {}): AsyncContextManager<string> {
  const { prefix = "brigade-", parent = tmpdir() } = options;
  if (typeof prefix !== "string" || /[/\\\0]/.test(prefix)) {
    throw new TypeError(`tempDir: prefix is ${describe(prefix)}; use the beginning of a name, without "/"`);
  }
  return temporary(join(pathOf(parent, "tempDir"), prefix));
}

const temporary = /* @__PURE__ */ contextManager(function* tempDir(
  beginning: string,
): Generator<Suspension | string, void, unknown> {
  const made: string[] = []; // filled by the answer itself: whoever waits may be cancelled by then
  try {
    yield* call<void>("make a directory at", beginning, (done) => {
      fs.mkdtemp(beginning, (error, path) => {
        if (!error) made.push(path);
        done(error);
      });
    });
    yield made[0] as string;
  } finally {
    for (const path of made) yield* removeTree(path);
  }
});

const removeTree = /* @__PURE__ */ coroutine(function* removeTree(root: string): CoroutineBody<void> {
  try {
    yield* remove(root);
  } catch (error) {
    if (!(error instanceof FileError) || !/^(?:EACCES|EPERM|ENOTEMPTY)$/.test(error.code)) throw error;
    yield* openUp(root);
    yield* forEach(walk(root, { onError: () => {} }), (entry) =>
      entry.kind === "directory" ? openUp(entry.path) : undefined,
    );
    yield* remove(root);
  }
});

function remove(path: string): Awaitable<void> {
  const options = { recursive: true, force: true, maxRetries: 3 };
  return call<void>("remove", path, (done) => fs.rm(path, options, (error) => done(error)), "always");
}

/** Lets the user list the directory and remove what is in it. Where that is refused, the removal says so. */
function openUp(path: string): Awaitable<void> {
  return call<void>("remove", path, (done) => fs.chmod(path, 0o700, () => done(null)));
}
