/** Writes and appends. Every path closes the descriptor. */
import { describe } from "../../errors.ts";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { APPEND, OpenFile, REPLACE } from "./open-file.ts";
import { checkData, type FileData, put } from "./output.ts";
import { modeOf, type Path, pathOf } from "./path.ts";

export interface WriteOptions {
  /** The permissions of a file that is made by it, less the process's umask: 0o666 unless told otherwise. */
  readonly mode?: number;
}

/**
 * Makes the file, or takes the place of what it held. The data is text (as UTF-8), bytes, or a source of pieces of
 * both, which is read no faster than it is written, and written in pieces of 64 KiB. Whoever reads meanwhile sees a
 * part: `writeAtomic` avoids that.
 *
 * Cancellation ends between two requests of 1 MiB, what the source has given until then is written, and the task
 * unwinds when the file is closed. Throws `FileError`, where the disk is full with how much was `written`; what the
 * source throws.
 *
 * @example
 * ```ts
 * import { run, stream, use } from "brigade";
 * import { readText, tempDir, write } from "brigade/node";
 *
 * const numbers = stream(function* (count: number) {
 *   for (let i = 1; i <= count; i++) yield `${i}\n`;
 * });
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* write(`${dir}/numbers.txt`, numbers(3));
 *     console.log(yield* readText(`${dir}/numbers.txt`));
 *   }),
 * );
 * ```
 */
export function write(path: Path, data: FileData, options: WriteOptions = {}): Awaitable<void> {
  const where = pathOf(path, "write");
  checkData(data, "write");
  return writeTo(new OpenFile(where, "write"), REPLACE, data, modeOf(options.mode, "write"));
}

/**
 * Writes at the end of the file, which is made if there is none. See `write`. FileData of up to 1 MiB given as text or
 * bytes goes in one request: other processes that append, too, come before or behind it, on file systems of this
 * machine.
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { append, readText, tempDir } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* append(`${dir}/words.txt`, "one ");
 *     yield* append(`${dir}/words.txt`, ["two ", "three"]);
 *     console.log(yield* readText(`${dir}/words.txt`));
 *   }),
 * );
 * ```
 */
export function append(path: Path, data: FileData, options: WriteOptions = {}): Awaitable<void> {
  const where = pathOf(path, "append");
  checkData(data, "append");
  return writeTo(new OpenFile(where, "append to"), APPEND, data, modeOf(options.mode, "append"));
}

/**
 * Appends the line and a "\n" in one request, so that lines of several tasks and processes don't mix. Throws
 * `RangeError` for a line that has a "\n" in it: it would be two; `FileError`. Cancellation: the line is there whole,
 * or not at all.
 *
 * @example
 * ```ts
 * import { gather, run, use } from "brigade";
 * import { appendLine, readText, tempDir } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* gather(["a", "b", "c"].map((name) => appendLine(`${dir}/done.txt`, name)));
 *     console.log((yield* readText(`${dir}/done.txt`)).length);
 *   }),
 * );
 * ```
 */
export function appendLine(path: Path, line: string, options: WriteOptions = {}): Awaitable<void> {
  const where = pathOf(path, "appendLine");
  if (typeof line !== "string") throw new TypeError(`appendLine takes a line of text, not ${describe(line)}`);
  if (line.includes("\n")) {
    throw new RangeError(`appendLine takes one line, and ${JSON.stringify(shortened(line))} has a "\\n"; use append`);
  }
  return writeTo(new OpenFile(where, "append to"), APPEND, `${line}\n`, modeOf(options.mode, "appendLine"));
}

function shortened(line: string): string {
  return line.length <= 60 ? line : `${line.slice(0, 60)}…`;
}

const writeTo = /* @__PURE__ */ coroutine(function* write(
  file: OpenFile,
  flags: number,
  data: FileData,
  mode: number,
): CoroutineBody<void> {
  try {
    yield* file.open(flags, mode);
    yield* put(file, data);
    if (file.writer) yield* file.writer.end();
  } finally {
    yield* shield(file.close());
  }
});
