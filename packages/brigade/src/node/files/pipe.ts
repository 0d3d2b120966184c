/**
 * A FIFO, terminal or socket that was opened as a file: waited for in the host's loop, where it can be left, and not in
 * a thread, which can't.
 */
import { Socket } from "node:net";
import { isatty, ReadStream, WriteStream } from "node:tty";
import type { Awaitable } from "../../types.ts";
import { readerOfReadable } from "../bytes/readable.ts";
import type { ByteReader } from "../bytes/reader.ts";
import { type ByteWriter, writerOfWritable } from "../bytes/writer.ts";
import { Reply } from "../../border/reply.ts";
import { fileError } from "./failure.ts";

export interface Pipe {
  readonly reader: ByteReader | undefined;
  readonly writer: ByteWriter | undefined;
  /** Gives the descriptor back. */
  close(): Awaitable<void>;
}

/** The descriptor is the pipe's from now on; where this throws, it is still the caller's. */
export function pipeOf(descriptor: number, path: string, readable: boolean): Pipe {
  const stream = streamOf(descriptor, readable);
  const failure = (error: Error): Error => fileError(error, readable ? "read" : "write", path);
  const options = { label: path, failure };
  const closed = new Reply<void>("close", path);
  stream.once("close", () => closed.succeed());
  return {
    reader: readable ? readerOfReadable(stream, options) : undefined,
    writer: readable ? undefined : writerOfWritable(stream, options),
    close: () => {
      stream.destroy();
      return closed;
    },
  };
}

function streamOf(descriptor: number, readable: boolean): Socket {
  if (!isatty(descriptor)) return new Socket({ fd: descriptor, readable, writable: !readable });
  return readable ? new ReadStream(descriptor) : new WriteStream(descriptor);
}
