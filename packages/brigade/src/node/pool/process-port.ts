/** A process's end of the connection with its pool: one pipe. When it breaks, the pool is gone, and so is the process. */
import { readSync } from "node:fs";
import { Socket } from "node:net";
import { canBeFramed, frameOf, FrameReader } from "./framing.ts";
import { type FromWorker, PIPE, type ToWorker } from "./messages.ts";
import type { WorkerPort } from "./worker-port.ts";

const PIECE = 64 * 1024; // bytes
const BETWEEN_LOOKS = 1; // ms; a look into an empty pipe costs some microseconds

export class ProcessPort implements WorkerPort {
  readonly #socket = new Socket({ fd: PIPE, readable: true, writable: true });
  #frames: FrameReader | undefined;
  #looked = 0; // when the pipe was last looked into

  post(message: FromWorker): void {
    this.#socket.write(frameOf(message));
  }

  clones(value: unknown): boolean {
    return canBeFramed(value);
  }

  listen(take: (message: ToWorker) => void): void {
    const frames = (this.#frames = new FrameReader((message) => take(message as ToWorker)));
    this.#socket.on("data", (piece: Buffer) => frames.push(piece));
    this.#socket.on("error", () => process.exit());
    this.#socket.on("close", () => process.exit());
  }

  hear(): void {
    const now = performance.now();
    if (now - this.#looked < BETWEEN_LOOKS) return;
    this.#looked = now;
    for (let piece = readNow(); piece !== undefined; piece = readNow()) {
      if (piece.length === 0) process.exit();
      this.#frames?.push(piece);
    }
  }

  leave(): void {
    this.#socket.end(() => process.exit());
  }
}

/** What stands in the pipe; undefined if nothing does, empty when the pool has closed it. */
function readNow(): Buffer | undefined {
  const piece = Buffer.allocUnsafeSlow(PIECE);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0; // an empty pipe is an error to Node, and its stack costs more than the look
  try {
    return piece.subarray(0, readSync(PIPE, piece));
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
