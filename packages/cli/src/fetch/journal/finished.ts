/** Which URLs of the input earlier runs have finished, and whether this is the same input: a bit and a half for each URL. */
import { FetchStop } from "../stop.ts";

/** One number stands for the texts of so many URLs. */
const blockLength = 64;

/** A text as 31 bits. */
export function shortHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // The upper bits say more than the lower ones.
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}

export class Finished {
  count = 0;
  failed = 0;
  readonly #what: string;
  #bits = new Uint32Array(1024);
  #blocks = new Int32Array(512); // of the finished ones in each block, their hashes combined
  #block = 0; // the one that is passed now
  #combined = 0; // of those in it that were passed

  /** `what` names the output in messages. */
  constructor(what: string) {
    this.#what = what;
  }

  has(index: number): boolean {
    return ((this.#bits[Math.floor(index / 32)] ?? 0) & (1 << (index % 32))) !== 0;
  }

  add(index: number, urlHash: number, failed: boolean): void {
    if (this.has(index)) return;
    const word = Math.floor(index / 32);
    if (word >= this.#bits.length) this.#grow(word);
    this.#bits[word] = (this.#bits[word] as number) | (1 << (index % 32));
    const block = Math.floor(index / blockLength);
    this.#blocks[block] = combine(this.#blocks[block] as number, index, urlHash);
    this.count++;
    if (failed) this.failed++;
  }

  /**
   * Whether the URL at this place of the input is finished. Places are asked for in order. Throws a FetchStop when the
   * URLs are not those of the earlier run.
   */
  passes(index: number, url: string): boolean {
    const block = Math.floor(index / blockLength);
    if (block !== this.#block) {
      this.check();
      this.#block = block;
      this.#combined = 0;
    }
    if (!this.has(index)) return false;
    this.#combined = combine(this.#combined, index, shortHash(url));
    return true;
  }

  /** Compares the block that was passed last. Also at the end of the input. */
  check(): void {
    if (this.#combined === (this.#blocks[this.#block] ?? 0)) return;
    const first = this.#block * blockLength + 1;
    throw new FetchStop(
      `the input is not the one that ${this.#what} came from: of URLs ${first} to ${first + blockLength - 1} some are others. ` +
        "Give the same input, or another --output",
    );
  }

  #grow(word: number): void {
    let length = this.#bits.length;
    while (length <= word) length *= 2;
    const bits = new Uint32Array(length);
    bits.set(this.#bits);
    this.#bits = bits;
    const blocks = new Int32Array(length / (blockLength / 32));
    blocks.set(this.#blocks);
    this.#blocks = blocks;
  }
}

/** The order in which they are added does not matter; their places do. */
function combine(combined: number, index: number, urlHash: number): number {
  return (combined ^ Math.imul(urlHash ^ index, 0x9e3779b1)) | 0;
}
