/**
 * The journal's format: a line of JSON that tells what the run is, then records of 32 bytes, one for each line of the
 * output, in its order. Numbers are little-endian:
 *
 *   0  float64  the URL's place in the input
 *   8  float64  where its line in the output ends
 *  16  float64  where its records in the WARC end; 0 without one
 *  24  uint32   a hash of the URL's text, times two, plus one if it failed
 *  28  uint32   a check of the other 28 bytes
 */

export const recordSize = 32;

export interface JournalRecord {
  readonly index: number;
  readonly outputEnd: number;
  readonly warcEnd: number;
  readonly urlHash: number;
  readonly failed: boolean;
}

export function writeRecord(into: Buffer, at: number, record: JournalRecord): void {
  into.writeDoubleLE(record.index, at);
  into.writeDoubleLE(record.outputEnd, at + 8);
  into.writeDoubleLE(record.warcEnd, at + 16);
  into.writeUInt32LE(record.urlHash * 2 + (record.failed ? 1 : 0), at + 24);
  into.writeInt32LE(checkOf(into, at), at + 28);
}

/** undefined: it is no whole record. */
export function readRecord(from: Buffer, at: number): JournalRecord | undefined {
  if (at + recordSize > from.length || from.readInt32LE(at + 28) !== checkOf(from, at)) return undefined;
  const hashAndEnding = from.readUInt32LE(at + 24);
  return {
    index: from.readDoubleLE(at),
    outputEnd: from.readDoubleLE(at + 8),
    warcEnd: from.readDoubleLE(at + 16),
    urlHash: Math.floor(hashAndEnding / 2),
    failed: hashAndEnding % 2 === 1,
  };
}

/** Never what 32 zeros would have. */
function checkOf(bytes: Buffer, at: number): number {
  let check = 0x2545f491;
  for (let word = 0; word < 28; word += 4)
    check = Math.imul(check ^ bytes.readInt32LE(at + word), 0x5bd1e995) ^ (check >>> 13);
  return check | 0;
}
