/** Whole files, and files by pieces. Every path closes the descriptor. */
import { constants } from "node:buffer";
import type { Stats } from "node:fs";
import { type Stream, stream } from "../../flow/stream.ts";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody, Suspension } from "../../types.ts";
import type { ByteReader } from "../bytes/reader.ts";
import { type FileError, LimitOverrunError } from "../errors.ts";
import { fileError, refusal } from "./failure.ts";
import { OpenFile, READ } from "./open-file.ts";
import { encodingOf, limitOf, type Path, pathOf, type TextEncoding } from "./path.ts";

const MOST = 2 ** 31; // bytes that are read whole unless told otherwise: /dev/zero has no end
const AT_ONCE = 4 * 1024 * 1024; // bytes of one request: between two, a cancelled read ends
const FIRST = 64 * 1024; // bytes: for what does not say how much it has, as files in /proc
const CHUNK = 64 * 1024;

/** The most bytes that become one UTF-16 unit. */
const BYTES_OF_UNIT: Readonly<Record<TextEncoding, number>> = { utf8: 3, utf16le: 2, latin1: 1 };

export interface ReadBytesOptions {
  /** Bytes; 2 GiB unless told otherwise. A file that has more is not read. */
  readonly limit?: number;
}

export interface ReadTextOptions extends ReadBytesOptions {
  /** "utf8" unless told otherwise. */
  readonly encoding?: TextEncoding;
}

/**
 * The file's bytes. One that grows while it is read gives what it had, one that shrinks gives what is left. FIFOs, and
 * files that don't tell their size, such as those in /proc, are read to their end. Cancellation ends between two
 * requests of 4 MiB, and the task unwinds when the file is closed. Throws `FileError`; `LimitOverrunError` if there are
 * more bytes than `limit`.
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { readBytes, tempDir, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* write(`${dir}/data.bin`, new Uint8Array([1, 2, 3]));
 *     console.log(yield* readBytes(`${dir}/data.bin`));
 *   }),
 * );
 * ```
 */
export function readBytes(path: Path, options: ReadBytesOptions = {}): Awaitable<Uint8Array> {
  return readWhole(pathOf(path, "readBytes"), limitOf(options.limit ?? MOST, "limit", "readBytes"));
}

/**
 * The file's text: see `readBytes`. A byte order mark at the beginning is dropped; what is not UTF-8 becomes U+FFFD.
 * Throws `FileError`, with the code ERR_STRING_TOO_LONG for more than a string can hold; `LimitOverrunError` if there
 * are more bytes than `limit`. (Python: `Path.read_text`.)
 *
 * @example
 * ```ts
 * import { run, use } from "brigade";
 * import { readText, tempDir, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* write(`${dir}/note.txt`, "remember the milk");
 *     console.log(yield* readText(`${dir}/note.txt`));
 *   }),
 * );
 * ```
 */
export function readText(path: Path, options: ReadTextOptions = {}): Awaitable<string> {
  const encoding = encodingOf(options.encoding, "readText");
  return readDecoded(pathOf(path, "readText"), encoding, limitOf(options.limit ?? MOST, "limit", "readText"));
}

export interface ChunksOptions {
  /** Bytes of one piece; 64 KiB unless told otherwise. The last piece has what is left. */
  readonly chunkSize?: number;
}

/**
 * The file's bytes as a stream of pieces, each one the reader's to keep. The file is opened when the first is asked
 * for, and closed at its end, and on every other way out. Nothing is read that nobody asked for. Throws `FileError`.
 *
 * @example
 * ```ts
 * import { forEach, run, use } from "brigade";
 * import { readChunks, tempDir, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* write(`${dir}/data.txt`, "some text");
 *     yield* forEach(readChunks(`${dir}/data.txt`, { chunkSize: 4 }), (chunk) => console.log(chunk.length));
 *   }),
 * );
 * ```
 */
export function readChunks(path: Path, options: ChunksOptions = {}): Stream<Uint8Array> {
  const size = limitOf(options.chunkSize ?? CHUNK, "chunkSize", "readChunks");
  if (size > MOST) throw new RangeError(`readChunks: chunkSize is ${size}; use at most ${MOST}`);
  return chunks(pathOf(path, "readChunks"), size);
}

const chunks = /* @__PURE__ */ stream(function* readChunks(
  path: string,
  size: number,
): Generator<Suspension | Uint8Array, void, unknown> {
  const file = new OpenFile(path, "read");
  try {
    yield* file.open(READ);
    for (;;) {
      const chunk = file.reader ? yield* file.reader.read(size) : yield* readFull(file, size);
      if (chunk === undefined || chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    yield* shield(file.close());
  }
});

/** So many bytes, or what is left. */
const readFull = /* @__PURE__ */ coroutine(function* read(file: OpenFile, size: number): CoroutineBody<Uint8Array> {
  const bytes = allocate(size, file.path);
  let filled = 0;
  while (filled < size) {
    const count = yield* file.read(bytes, filled, Math.min(size - filled, AT_ONCE));
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
});

const readWhole = /* @__PURE__ */ coroutine(function* readBytes(
  path: string,
  limit: number,
  exceeded: Exceeded = tooMuch,
): CoroutineBody<Uint8Array> {
  const file = new OpenFile(path, "read");
  try {
    const stats = yield* file.open(READ);
    if (file.reader) return yield* readToEnd(file.reader, path, limit, exceeded);
    if (sizeOf(stats) > limit) throw exceeded(path, limit, sizeOf(stats));
    return sizeOf(stats) > 0 ? yield* readFull(file, sizeOf(stats)) : yield* readUnsized(file, limit, exceeded);
  } finally {
    yield* shield(file.close());
  }
});

const readDecoded = /* @__PURE__ */ coroutine(function* readText(
  path: string,
  encoding: TextEncoding,
  limit: number,
): CoroutineBody<string> {
  const most = constants.MAX_STRING_LENGTH * BYTES_OF_UNIT[encoding];
  const bytes = yield* most < limit ? readWhole(path, most, tooLong) : readWhole(path, limit);
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
    return encoding !== "latin1" && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STRING_TOO_LONG") throw error;
    throw tooLong(path, most, bytes.length);
  }
});

/** What the file says it has. Devices and files of the kernel say 0. */
function sizeOf(stats: Stats): number {
  return stats.isFile() ? stats.size : 0;
}

/** To the end of what does not say how much it has. */
const readUnsized = /* @__PURE__ */ coroutine(function* read(
  file: OpenFile,
  limit: number,
  exceeded: Exceeded,
): CoroutineBody<Uint8Array> {
  let bytes = allocate(FIRST, file.path);
  let filled = 0;
  for (;;) {
    const count = yield* file.read(bytes, filled, Math.min(bytes.length - filled, AT_ONCE));
    filled += count;
    if (filled > limit) throw exceeded(file.path, limit);
    if (count === 0) return bytes.slice(0, filled);
    if (filled < bytes.length) continue;
    const larger = allocate(filled * 2, file.path);
    larger.set(bytes);
    bytes = larger;
  }
});

const readToEnd = /* @__PURE__ */ coroutine(function* read(
  reader: ByteReader,
  path: string,
  limit: number,
  exceeded: Exceeded,
): CoroutineBody<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = yield* reader.read();
    if (piece === undefined) return Uint8Array.from(Buffer.concat(pieces));
    size += piece.length;
    if (size > limit) throw exceeded(path, limit);
    pieces.push(piece);
  }
});

/** Not filled with zeros: what is read fills it. */
function allocate(size: number, path: string): Uint8Array {
  try {
    const { buffer } = Buffer.allocUnsafeSlow(size);
    return new Uint8Array(buffer, 0, size);
  } catch (error) {
    throw fileError(Object.assign(error as Error, { code: "ENOMEM" }), `hold ${size} bytes of`, path);
  }
}

/** The error for more bytes than the limit; `size` if the file says how many. */
type Exceeded = (path: string, limit: number, size?: number) => Error;

function tooLong(path: string, limit: number, size?: number): FileError {
  const words = `its ${size ?? `more than ${limit}`} bytes are more than a string can hold; use readLines or readChunks`;
  return refusal("ERR_STRING_TOO_LONG", words, "read", path);
}

function tooMuch(path: string, limit: number, size?: number): LimitOverrunError {
  const has = size === undefined ? "more" : size;
  return new LimitOverrunError(
    `"${path}" has ${has} bytes, and at most ${limit} are read whole; give a larger limit, or use readLines or readChunks`,
    limit,
  );
}
