/**
 * What earlier runs have left: which URLs are finished, and where whole lines and records end. The journal tells most of it;
 * the output behind the journal's last record is read line by line, and so is all of it where there is no journal.
 */
import type { FetchOptions } from "../options.ts";
import type { Sink } from "../output/sink.ts";
import { codeOf, FetchStop, unreadable } from "../stop.ts";
import { openIfThere, pieceSize, sizeOf, wholeLines } from "./files.ts";
import { Finished, shortHash } from "./finished.ts";
import { headerOf } from "./header.ts";
import { type Known, readJournal, type Subject } from "./read-journal.ts";
import { type JournalRecord, recordSize, writeRecord } from "./record.ts";

export interface Recovery {
  readonly finished: Finished;
  /** Where the last whole line ends. */
  readonly outputEnd: number;
  readonly warcEnd: number;
}

const nothingKnown: Known = { outputEnd: 0, warcEnd: 0, journalEnd: 0 };

/** Leaves the journal whole: a record for each whole line of the output, and nothing behind. */
export async function recover(
  path: string,
  options: FetchOptions,
  journal: Sink,
  signal: AbortSignal,
): Promise<Recovery> {
  const output = await openIfThere(path);
  if (output === undefined) throw new FetchStop(`${path} has just gone away: start again`);
  try {
    const { warc } = options;
    const size = { output: await sizeOf(path), warc: warc === undefined ? Infinity : await sizeOf(warc) };
    const subject = { options, output, size, signal };
    const recovering = new Recovering(path, journal);
    const known = await readJournal(journal.name, subject, (record) => recovering.finish(record));
    await journal.truncate(known?.journalEnd ?? 0);
    if (known === undefined) await journal.write(Buffer.from(`${JSON.stringify(await headerOf(options))}\n`));
    return await recovering.scan(subject, known ?? nothingKnown);
  } catch (error) {
    throw codeOf(error) === undefined ? error : unreadable(path, error);
  } finally {
    await output.close();
  }
}

/** What is looked at in a line. */
interface Line {
  readonly index: number;
  readonly url: string;
  readonly ok: boolean;
  readonly warc?: { readonly offset: number; readonly length: number };
}

class Recovering {
  readonly finished: Finished;
  readonly #path: string;
  readonly #journal: Sink;
  readonly #records: Buffer = Buffer.alloc(pieceSize);
  #used = 0; // of #records

  constructor(path: string, journal: Sink) {
    this.#path = path;
    this.#journal = journal;
    this.finished = new Finished(path);
  }

  finish({ index, urlHash, failed }: JournalRecord): void {
    this.finished.add(index, urlHash, failed);
  }

  /** Reads the lines that the journal does not know, and tells it. */
  async scan({ output, size, signal }: Subject, known: Known): Promise<Recovery> {
    let { outputEnd, warcEnd } = known;
    for await (const { text, end } of wholeLines(output, outputEnd, signal)) {
      if (text.includes("\0")) break; // torn by a power failure
      const line = lineOf(text);
      if (line === undefined) {
        const place = `at byte ${outputEnd}`;
        throw new FetchStop(`${this.#path} is not an output of brigade fetch (${place}): give another --output`);
      }
      const ends = line.warc === undefined ? warcEnd : line.warc.offset + line.warc.length;
      if (ends > size.warc) break;
      outputEnd = end;
      warcEnd = ends;
      await this.#journaled({ index: line.index, outputEnd, warcEnd, urlHash: shortHash(line.url), failed: !line.ok });
    }
    await this.#journal.write(this.#records.subarray(0, this.#used));
    return { finished: this.finished, outputEnd, warcEnd };
  }

  async #journaled(record: JournalRecord): Promise<void> {
    this.finish(record);
    writeRecord(this.#records, this.#used, record);
    this.#used += recordSize;
    if (this.#used < this.#records.length) return;
    await this.#journal.write(this.#records);
    this.#used = 0;
  }
}

function lineOf(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Partial<Line> | null;
    const ours = typeof line?.url === "string" && Number.isSafeInteger(line.index) && typeof line.ok === "boolean";
    return ours ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}
