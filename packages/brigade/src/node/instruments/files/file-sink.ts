/** A trace into a file. What can't be written is said once; the program that is recorded goes on, whatever the disk does. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { host } from "../../../kernel/host.ts";
import { END, MAGIC } from "../../../trace/format/schema.ts";
import type { TraceSink } from "../../../trace/format/writer.ts";

/** Takes the chunks of one trace. */
export interface FileSink extends TraceSink, Disposable {
  /** Closes the file. The end of the trace does that too; a second time nothing happens. */
  close(): void;
}

/**
 * Writes a trace to the file as it is recorded: `recorder({ sink: fileSink("out.brigade") })`. Each chunk is with the operating
 * system when the call returns, so that the death of the process takes no more than what the recorder still holds. The file is
 * closed when the recorder is. A trace that is there is replaced, and nothing else: a file that is no trace is left alone.
 *
 * Never throws. A file that can't be written, and a disk that is full, is reported on stderr, once; from then on nothing is
 * written, and what is there can be read.
 *
 * @example
 * ```ts
 * import { readFileSync, rmSync } from "node:fs";
 * import { run, sleep } from "brigade";
 * import { fileSink } from "brigade/instruments";
 * import { readTrace, recorder } from "brigade/trace";
 *
 * const observer = recorder({ sink: fileSink("out.brigade") });
 * await run(sleep(5), { observer });
 * observer.close();
 * console.log(readTrace(readFileSync("out.brigade")).end);
 * rmSync("out.brigade");
 * ```
 */
export function fileSink(path: string): FileSink {
  const file = new TraceFile(path);
  return Object.assign((chunk: Uint8Array) => file.write(chunk), {
    copies: true, // a chunk is with the operating system when the call returns
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  });
}

class TraceFile {
  readonly #path: string;
  #descriptor: number | undefined; // undefined: closed, or given up
  #written = 0; // bytes of whole chunks

  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openTrace(path);
    } catch (error) {
      host.warn(`brigade: no trace is written to ${path}: ${reason(error)}`);
    }
  }

  write(chunk: Uint8Array): void {
    if (this.#descriptor === undefined) return;
    try {
      writeWhole(this.#descriptor, chunk);
      this.#written += chunk.length;
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    if (isEnd(chunk)) this.close();
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor === undefined) return;
    try {
      closeSync(descriptor);
    } catch (error) {
      host.warn(`brigade: the trace ${this.#path} may miss its end: ${reason(error)}`);
    }
  }

  /** Half a chunk tells nothing. */
  #giveUp(error: unknown): void {
    const kept = `the trace ${this.#path} ends after ${this.#written} bytes`;
    host.warn(`brigade: ${kept}: ${reason(error)}; the program goes on without it`);
    try {
      ftruncateSync(this.#descriptor as number, this.#written);
    } catch {
      // a device, or a disk that is gone: the reader says where it breaks off
    }
    this.close();
  }
}

/** For reading too: what is there is looked at before it is replaced. */
function openTrace(path: string): number {
  // To write alone would wait, at a pipe that nobody reads.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const stats = fstatSync(descriptor);
    if (stats.isCharacterDevice()) return descriptor;
    if (!stats.isFile()) throw new Error("it is no regular file; name another one");
    if (stats.size > 0 && !beginsAsTrace(descriptor)) {
      throw new Error("a file is there that is no trace, and stays as it is; name another one, or delete it");
    }
    ftruncateSync(descriptor, 0);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function beginsAsTrace(descriptor: number): boolean {
  const start = new Uint8Array(MAGIC.length);
  return (
    readSync(descriptor, start, 0, start.length, 0) === start.length && start.every((byte, i) => byte === MAGIC[i])
  );
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

function isEnd(chunk: Uint8Array): boolean {
  return chunk.length >= 4 && new DataView(chunk.buffer, chunk.byteOffset).getUint32(0, true) === END;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
