/** A folder for a work's lists and outputs, gone at the end. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const LINES_AT_ONCE = 1_000;
const LF = 0x0a;

/** Numbered URLs, many to a piece. `counted` is told how many have been asked for. */
export function* urlLines(
  url: string,
  { count, distinct }: { readonly count: number; readonly distinct: number },
  counted: (lines: number) => void = () => {},
): Generator<string, void> {
  for (let begun = 0; begun < count; begun += LINES_AT_ONCE) {
    let lines = "";
    const end = Math.min(begun + LINES_AT_ONCE, count);
    for (let i = begun; i < end; i++) lines += `${url}items/${i % distinct}\n`;
    counted(end);
    yield lines;
  }
}

export class Workplace {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "brigade-bench-"));

  path(name: string): string {
    return join(this.#folder, name);
  }

  async writeUrls(url: string, count: number): Promise<string> {
    const path = this.path("urls.txt");
    await pipeline(Readable.from(urlLines(url, { count, distinct: count })), createWriteStream(path));
    return path;
  }

  async countLines(name: string): Promise<number> {
    let lines = 0;
    for await (const bytes of createReadStream(this.path(name)) as AsyncIterable<Buffer>) {
      for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
    }
    return lines;
  }

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
