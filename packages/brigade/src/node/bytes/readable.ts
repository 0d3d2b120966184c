/** A reader of one of Node's streams. */
import type { Readable } from "node:stream";
import { type ByteReaderOptions, Intake } from "./intake.ts";
import { ByteReader } from "./reader.ts";

export interface ReadableOptions extends ByteReaderOptions {
  /** Makes the error that callers see of what the host says. */
  readonly failure?: (error: Error) => Error;
}

/** Takes the stream's bytes from now on, as far as the high-water mark. Closing the reader destroys the stream. */
export function readerOfReadable(readable: Readable, options: ReadableOptions = {}): ByteReader {
  const { failure } = options;
  const source = {
    pause: () => void readable.pause(),
    resume: () => void readable.resume(),
    close: () => void readable.destroy(),
  };
  const intake = new Intake(source, options);
  readable.on("data", (piece: Uint8Array) => intake.push(piece));
  readable.on("end", () => intake.end());
  readable.on("error", (error) => intake.fail(failure === undefined ? error : failure(error)));
  readable.on("close", () => intake.end());
  return new ByteReader(intake);
}
