/** How far the resident memory of this process moves while it reads a file. */
import { type Sample, settledMemory } from "../memory-samples.ts";
import { residentMegabytes } from "./ferry.ts";

/** Bytes of the file between two samples. */
const EVERY = 2_000_000;
/** From here on it should be flat. */
const SETTLED = 100_000_000;

export class ResidentSamples {
  readonly #samples: Sample[] = [];
  #bytes = 0;
  #due = EVERY;

  line(line: string): void {
    this.#bytes += line.length + 1;
    if (this.#bytes < this.#due) return;
    this.#due += EVERY;
    this.#samples.push({ progress: this.#bytes, resident: residentMegabytes() });
  }

  /** Megabytes, once the file has been read to its end. */
  spread(size: number): number {
    if (this.#bytes !== size) throw new Error(`It read lines of ${this.#bytes} bytes from a file of ${size}.`);
    const { settled, least, most } = settledMemory(this.#samples, SETTLED, size);
    return Math.max(most - settled.resident, settled.resident - least);
  }
}
