/** Input for a command, piece by piece. */
import type { Writable } from "node:stream";
import { forEach } from "../../flow/for-each.ts";
import type { Source } from "../../flow/source.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Coroutine, CoroutineBody } from "../../types.ts";
import { type ByteWriter, writerOfWritable } from "../bytes/writer.ts";

/**
 * Reads the source no faster than the command does. Ends with the source, or when the command takes no more input,
 * which is its right (subprocess.communicate). Throws what the source throws, and `TypeError` for a piece that can't be
 * written.
 */
export const feed: (source: Source<string | Uint8Array>, stdin: Writable, label: string) => Coroutine<void> =
  /* @__PURE__ */ coroutine(function* feed(
    source: Source<string | Uint8Array>,
    stdin: Writable,
    label: string,
  ): CoroutineBody<void> {
    const writer = writerOfWritable(stdin, { label });
    try {
      yield* forEach(source, (piece) => give(writer, piece));
      yield* wanted(() => writer.end());
    } catch (error) {
      if (!(error instanceof NoMoreWanted)) throw error;
    }
  });

class NoMoreWanted extends Error {}

const give = /* @__PURE__ */ coroutine(function* give(
  writer: ByteWriter,
  piece: string | Uint8Array,
): CoroutineBody<void> {
  yield* wanted(() => writer.write(piece));
});

const wanted = /* @__PURE__ */ coroutine(function* wanted(
  write: () => ReturnType<ByteWriter["write"]>,
): CoroutineBody<void> {
  try {
    yield* write();
  } catch (error) {
    throw error instanceof TypeError ? error : new NoMoreWanted();
  }
});
