/** A trace on disk. */
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Advice, readTrace, TraceError } from "brigade/trace";
import { unreadable } from "../fetch/stop.ts";
import { TraceRefusal } from "../timeline/trace-refusal.ts";
import { adviceOn } from "./advice.ts";
import { Refusal, type Subject, type TraceBytes } from "./subject.ts";

const HEADER_BYTES = 16;

export class FileSubject implements Subject {
  readonly title: string;
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
    this.title = basename(path);
  }

  /** Throws a TraceRefusal for what is no trace; one that is broken off later is shown as far as it goes. */
  static async at(path: string): Promise<FileSubject> {
    try {
      await using file = await open(path);
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEADER_BYTES), 0, HEADER_BYTES, 0);
      readTrace(buffer.subarray(0, bytesRead), { name: path });
    } catch (error) {
      throw new TraceRefusal(error instanceof TraceError ? error.message : unreadable(path, error).message);
    }
    return new FileSubject(path);
  }

  async about(): Promise<object> {
    return { kind: "file", title: this.title };
  }

  async trace(): Promise<TraceBytes> {
    try {
      const { size } = await stat(this.#path);
      // The program may still be writing: what comes after `size` is not in this answer.
      const parts = createReadStream(this.#path, { end: Math.max(0, size - 1), highWaterMark: 1_048_576 });
      return { length: size, parts: size === 0 ? empty() : (parts as AsyncIterable<Uint8Array>) };
    } catch (error) {
      throw new Refusal(500, unreadable(this.#path, error).message);
    }
  }

  async advice(_program: string | undefined, signal: AbortSignal): Promise<readonly Advice[]> {
    return adviceOn(await readFile(this.#path), signal);
  }

  async *call(): AsyncGenerator<string, void> {
    yield JSON.stringify({ id: 0, error: `${this.title} is a trace: it has no program that can be asked` });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function* empty(): AsyncGenerator<Uint8Array, void> {}
