/** A pipe from a process as a source of bytes: brought as fast as they are read, and dropped once nobody will. */
import type { Readable } from "node:stream";
import { Intake } from "../bytes/intake.ts";
import { ByteReader } from "../bytes/reader.ts";

export class PipeSource {
  readonly reader: ByteReader;
  readonly #pipe: Readable;
  readonly #intake: Intake;
  #state: "flowing" | "paused" | "drained" = "flowing";

  constructor(pipe: Readable, label: string) {
    this.#pipe = pipe;
    this.#intake = new Intake(this, { label });
    this.reader = new ByteReader(this.#intake);
    pipe.on("data", (piece: Uint8Array) => this.#push(piece));
    pipe.on("end", () => this.#intake.end());
    pipe.on("error", (error) => this.#intake.fail(error));
    pipe.on("close", () => this.#intake.end());
  }

  #push(piece: Uint8Array): void {
    if (this.#state === "drained") return;
    this.#intake.push(piece);
    if (this.#state === "paused") this.#pipe.pause(); // the host lets every pipe of a process flow that has exited
  }

  pause(): void {
    if (this.#state === "flowing") this.#state = "paused";
    this.#pipe.pause();
  }

  resume(): void {
    if (this.#state === "paused") this.#state = "flowing";
    this.#pipe.resume();
  }

  close(): void {
    this.#pipe.destroy();
  }

  /** Nobody reads any more: what the process still writes while it ends must not hold it up. */
  drain(): void {
    this.#intake.end();
    this.#state = "drained";
    this.#pipe.resume();
  }
}
