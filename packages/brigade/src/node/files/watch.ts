/** What changes in a directory, as a stream. */
import { type Stream, stream } from "../../flow/stream.ts";
import { shield } from "../../scope/shield.ts";
import type { Suspension } from "../../types.ts";
import type { FileChange } from "./change-log.ts";
import { limitOf, type Path, pathOf } from "./path.ts";
import { Watching } from "./watching.ts";

export interface WatchOptions {
  /** Whether to watch everything below the directory as well, directories that are made later included. */
  readonly recursive?: boolean;
  /**
   * How many changes may be unread before some are lost, which a change of the kind "overflow" tells; 10,000 unless
   * told otherwise.
   */
  readonly limit?: number;
  /** Called when the watch has begun: what changes from now on is seen. */
  readonly onReady?: () => void;
}

/**
 * The changes of a file, or of what stands in a directory, as a stream: of the names, and of what they stand for. The
 * watch begins when the first change is asked for. What a change was is seen by a look after it: of changes that come
 * quickly one after the other, some are told as one, and one may be told twice. The stream ends, after a "removed",
 * when the directory itself is gone; a file may go and come again.
 *
 * Closing the stream, and cancellation, end the watch. Throws `FileError` for a path that does not exist, and when the
 * system has no more watches. When the process does nothing else for so long that the queue of the system overflows,
 * that can't be seen.
 *
 * @example
 * ```ts
 * import { createTask, Event, run, use } from "brigade";
 * import { tempDir, watch, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     const ready = new Event();
 *     const changes = watch(dir, { onReady: () => ready.set() });
 *     const first = createTask(changes.next());
 *     yield* ready.wait();
 *     yield* write(`${dir}/new.txt`, "hello");
 *     console.log((yield* first).value?.kind);
 *     yield* changes.close();
 *   }),
 * );
 * ```
 */
export function watch(path: Path, options: WatchOptions = {}): Stream<FileChange> {
  const where = pathOf(path, "watch");
  const { recursive = false, limit = 10_000, onReady } = options;
  if (onReady !== undefined && typeof onReady !== "function")
    throw new TypeError(`watch: onReady is to be a function, not ${typeof onReady}`);
  return changesOf(new Watching(where, recursive, limitOf(limit, "limit", "watch")), onReady);
}

const changesOf = /* @__PURE__ */ stream(function* watch(
  watching: Watching,
  onReady: (() => void) | undefined,
): Generator<Suspension | FileChange, void, unknown> {
  const { log } = watching;
  try {
    yield* watching.begin();
    onReady?.();
    for (;;) {
      const change = log.take();
      if (change !== undefined) yield change;
      else if (log.ended) return log.check();
      else yield* log.arrival();
    }
  } finally {
    yield* shield(watching.close());
  }
});
