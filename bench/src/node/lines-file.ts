/** A file of lines, made before a work and removed after it. Its lines are of ASCII, 20 to 180 characters long. */
import { closeSync, openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Workplace } from "../http/workplace.ts";

/** It is written in blocks of this many bytes, all alike. A size is a multiple of it. */
const BLOCK = 1_000_000;
const SHORTEST = 20;
const LONGEST = 180;

function block(): Buffer {
  const bytes = Buffer.alloc(BLOCK, "the quick brown fox jumps over the lazy dog, 0123456789 ");
  let state = 1;
  for (let at = -1; ; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    at += SHORTEST + 1 + ((state >>> 16) % (LONGEST - SHORTEST + 1));
    if (at >= BLOCK - 1) break;
    bytes[at] = 0x0a;
  }
  bytes[BLOCK - 1] = 0x0a;
  return bytes;
}

export class LinesFile {
  readonly #workplace: Workplace = new Workplace();
  readonly url: string;

  constructor(size: number) {
    if (size % BLOCK !== 0) throw new RangeError(`${size} bytes are no multiple of ${BLOCK}.`);
    const path = this.#workplace.path("lines.txt");
    this.url = pathToFileURL(path).href;
    const bytes = block();
    const file = openSync(path, "w");
    try {
      for (let written = 0; written < size; ) written += writeSync(file, bytes, written % BLOCK);
    } finally {
      closeSync(file);
    }
  }

  clear(): void {
    this.#workplace.clear();
  }
}
