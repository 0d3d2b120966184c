/** What a journal tells, as far as the files still hold it. */
import type { FileHandle } from "node:fs/promises";
import type { FetchOptions } from "../options.ts";
import { openIfThere, pieceSize } from "./files.ts";
import { checkHeader } from "./header.ts";
import { type JournalRecord, readRecord, recordSize } from "./record.ts";

/** How far a journal goes. */
export interface Known {
  readonly outputEnd: number;
  readonly warcEnd: number;
  readonly journalEnd: number;
}

/** What a journal speaks of. */
export interface Subject {
  readonly options: FetchOptions;
  readonly output: FileHandle;
  /** Sizes of the files: Infinity for a WARC that is not written. */
  readonly size: { readonly output: number; readonly warc: number };
  readonly signal: AbortSignal;
}

/** So many of the last records are compared with the lines: what a power failure can have torn is at the end. */
const mostVerified = 4096;

/**
 * Gives its records to `take`, in order, but for those whose lines are not there any more. Gives how far they go;
 * undefined: it tells nothing that can be relied on. Throws a FetchStop when it is of another run.
 */
export async function readJournal(
  path: string,
  subject: Subject,
  take: (record: JournalRecord) => void,
): Promise<Known | undefined> {
  const journal = await openIfThere(path);
  try {
    return journal && (await readOpen(journal, path, subject, take));
  } finally {
    await journal?.close();
  }
}

async function readOpen(
  journal: FileHandle,
  path: string,
  subject: Subject,
  take: (record: JournalRecord) => void,
): Promise<Known | undefined> {
  const start = Buffer.alloc(pieceSize);
  const { bytesRead } = await journal.read(start, 0, pieceSize, 0);
  const headerEnd = start.subarray(0, bytesRead).indexOf(10) + 1;
  if (headerEnd === 0) return undefined; // killed while it was begun
  await checkHeader(start.toString("utf8", 0, headerEnd - 1), path, subject.options);

  const { count, last } = await present(journal, headerEnd, subject);
  const verified = Math.min(last.length, mostVerified);
  const torn = await tornRecords(subject.output, last, verified);
  // Not torn at its end but changed as a whole, by whoever took lines out or put them in another order.
  if (torn === verified && torn > 0) return undefined;
  const kept = count - torn;
  let taken = 0;
  await eachRecord(journal, headerEnd, subject.signal, (record) => {
    if (taken++ === kept) return false;
    take(record);
    return true;
  });
  const end = last.at(-1 - torn);
  return { outputEnd: end?.outputEnd ?? 0, warcEnd: end?.warcEnd ?? 0, journalEnd: headerEnd + kept * recordSize };
}

/** How many records lie within the files, and the last of them. After a power failure the journal may know more than they hold. */
async function present(
  journal: FileHandle,
  from: number,
  { size, signal }: Subject,
): Promise<{ count: number; last: readonly JournalRecord[] }> {
  let last: JournalRecord[] = [];
  let count = 0;
  await eachRecord(journal, from, signal, (record) => {
    const grows = record.outputEnd > (last.at(-1)?.outputEnd ?? 0);
    if (!grows || record.outputEnd > size.output || record.warcEnd > size.warc) return false;
    if (last.length > 2 * mostVerified) last = last.slice(-mostVerified - 1);
    last.push(record);
    count++;
    return true;
  });
  return { count, last };
}

/** Gives the whole records in order, until one is wanted no more. */
async function eachRecord(
  journal: FileHandle,
  from: number,
  signal: AbortSignal,
  take: (record: JournalRecord) => boolean,
): Promise<void> {
  const piece = Buffer.alloc(pieceSize); // a whole number of records
  for (let position = from; ; position += pieceSize) {
    signal.throwIfAborted();
    const { bytesRead } = await journal.read(piece, 0, pieceSize, position);
    for (let at = 0; at < bytesRead; at += recordSize) {
      const record = readRecord(piece.subarray(0, bytesRead), at);
      if (record === undefined || !take(record)) return;
    }
    if (bytesRead < pieceSize) return;
  }
}

/** How many records at the end have no whole line in the output; looked at are the last `verified`. */
async function tornRecords(output: FileHandle, records: readonly JournalRecord[], verified: number): Promise<number> {
  const end = Buffer.alloc(1);
  for (let i = records.length - verified; i < records.length; i++) {
    const { index, outputEnd } = records[i] as JournalRecord;
    const begins = `{"index":${index},`;
    const line = Buffer.alloc(begins.length);
    await output.read(line, 0, line.length, records[i - 1]?.outputEnd ?? 0);
    await output.read(end, 0, 1, outputEnd - 1);
    if (line.toString("latin1") !== begins || end[0] !== 10) return records.length - i;
  }
  return 0;
}
