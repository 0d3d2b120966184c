/** Cuts what comes piece by piece into parts of equal size; only the last one may be shorter. */
import { coroutine, mapStream, type Source, type Stream, stream } from "brigade";

/** A part in a buffer that is used again once the part is given back. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const same = coroutine(function* same<T>(item: T) {
  return item;
});

/** The buffers of one upload: as many as there are parts in flight. */
export class PartBuffers {
  readonly #size: number;
  readonly #free: Uint8Array[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.#size);
  }

  /** What is sent may be overwritten. */
  giveBack(part: Part): void {
    if (part.bytes.byteLength === this.#size && part.bytes.buffer.byteLength === this.#size)
      this.#free.push(new Uint8Array(part.bytes.buffer));
  }
}

function bytesOf(piece: unknown): Uint8Array {
  if (typeof piece === "string") return new TextEncoder().encode(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(
    `put() uploads pieces that are a Uint8Array or a string, not ${piece === null ? null : typeof piece}`,
  );
}

/** Reads the source as parts are asked for. The source may use its buffers again: what it gives is copied. */
export const partsOf: (source: Source<Uint8Array | string>, size: number, buffers: PartBuffers) => Stream<Part> =
  stream(function* partsOf(source: Source<Uint8Array | string>, size: number, buffers: PartBuffers) {
    const pieces = mapStream(source, same, { limit: 1 });
    let buffer: Uint8Array | undefined;
    let filled = 0;
    let number = 1;
    try {
      for (;;) {
        const next = yield* pieces.next();
        if (next.done) break;
        const piece = bytesOf(next.value);
        for (let used = 0; used < piece.length; ) {
          buffer ??= buffers.take();
          const count = Math.min(size - filled, piece.length - used);
          buffer.set(piece.subarray(used, used + count), filled);
          filled += count;
          used += count;
          if (filled < size) break;
          const full: Part = { number: number++, bytes: buffer };
          buffer = undefined;
          filled = 0;
          yield full;
        }
      }
    } finally {
      yield* pieces.close();
    }
    if (buffer !== undefined) yield { number, bytes: buffer.subarray(0, filled) };
  });

/** Bytes that are there already: nothing is copied. */
export function* slicesOf(bytes: Uint8Array, size: number): Generator<Part> {
  for (let from = 0, number = 1; from < bytes.length; from += size, number++)
    yield { number, bytes: bytes.subarray(from, from + size) };
}
