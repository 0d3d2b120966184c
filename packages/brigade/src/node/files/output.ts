/**
 * What is written to an open file: text, bytes, or a source of both. Small pieces are gathered, so that a line does not
 * cost a system call.
 */
import { describe } from "../../errors.ts";
import { forEach } from "../../flow/for-each.ts";
import type { Source } from "../../flow/source.ts";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { FileError } from "../errors.ts";
import { fileError } from "./failure.ts";
import type { OpenFile } from "./open-file.ts";

/** What can be written: text as UTF-8, bytes, or a source of pieces of both. */
export type FileData = string | Uint8Array | Source<string | Uint8Array>;

const AT_ONCE = 1024 * 1024; // bytes of one request: between two, a cancelled write ends
const GATHERED = 64 * 1024; // bytes
const MOST_PER_UNIT = 3; // bytes of UTF-8 for a UTF-16 unit

export function checkData(data: FileData, taker: string): void {
  if (typeof data === "string" || (typeof data === "object" && data !== null)) return;
  throw new TypeError(`${taker} takes text, a Uint8Array, or a source of these, not ${describe(data)}`);
}

/** Writes all of it. Throws `FileError` with how much was written. */
export function put(file: OpenFile, data: FileData): Awaitable<void> {
  if (typeof data === "string") return putBytes(file, Buffer.from(data), 0);
  return data instanceof Uint8Array ? putBytes(file, data, 0) : putSource(file, data);
}

const putBytes = /* @__PURE__ */ coroutine(function* write(
  file: OpenFile,
  bytes: Uint8Array,
  before: number,
): CoroutineBody<void> {
  if (file.writer) return yield* file.writer.write(bytes);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += yield* file.write(bytes, written, Math.min(bytes.length - written, AT_ONCE));
    } catch (error) {
      if (!(error instanceof FileError) || !(error.cause instanceof Error)) throw error;
      const size = before === 0 ? bytes.length : undefined;
      throw fileError(error.cause, error.operation, error.path, before + written, size);
    }
  }
});

const putSource = /* @__PURE__ */ coroutine(function* write(
  file: OpenFile,
  source: Source<string | Uint8Array>,
): CoroutineBody<void> {
  const gathering = new Gathering(file);
  try {
    yield* forEach(source, (piece) => gathering.add(piece));
  } finally {
    // What the source has given is written, whatever became of the source.
    yield* shield(gathering.flush());
  }
});

class Gathering {
  readonly #file: OpenFile;
  readonly #buffer = Buffer.allocUnsafeSlow(GATHERED);
  #used = 0;
  #written = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Undefined when there was room for it; otherwise what is to be awaited. */
  add(piece: string | Uint8Array): Awaitable<void> | undefined {
    const room = GATHERED - this.#used;
    if (typeof piece === "string") {
      if (piece.length * MOST_PER_UNIT > room) return Gathering.#addLarge(this, Buffer.from(piece));
      this.#used += this.#buffer.write(piece, this.#used);
    } else if (piece instanceof Uint8Array) {
      if (piece.length > room) return Gathering.#addLarge(this, piece);
      this.#buffer.set(piece, this.#used);
      this.#used += piece.length;
    } else throw new TypeError(`what is written comes as text or Uint8Array, not as ${describe(piece)}`);
    return undefined;
  }

  static readonly #addLarge = coroutine(function* write(gathering: Gathering, bytes: Uint8Array): CoroutineBody<void> {
    yield* Gathering.#flush(gathering);
    if (bytes.length <= GATHERED) return void gathering.add(bytes);
    yield* putBytes(gathering.#file, bytes, gathering.#written);
    gathering.#written += bytes.length;
  });

  /** Writes what was gathered. */
  flush(): Awaitable<void> {
    return Gathering.#flush(this);
  }

  static readonly #flush = coroutine(function* write(gathering: Gathering): CoroutineBody<void> {
    const used = gathering.#used;
    gathering.#used = 0; // what could not be written is not tried again
    if (used === 0) return;
    yield* putBytes(gathering.#file, gathering.#buffer.subarray(0, used), gathering.#written);
    gathering.#written += used;
  });
}
