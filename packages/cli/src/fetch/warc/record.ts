/** Records of a WARC file, by the WARC 1.1 specification (ISO 28500:2017). */
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";

const gzipping: (bytes: Uint8Array) => Promise<Buffer> = promisify(gzip);
/** Compressing more than this takes longer than the loop should be held. */
const compressedAtOnce = 32 * 1024;

export interface WarcRecord {
  readonly type: "warcinfo" | "request" | "response";
  readonly id: string;
  readonly date: Date;
  readonly contentType: string;
  /** Named fields beside those that every record has. */
  readonly fields: readonly (readonly [string, string])[];
  readonly block: readonly Uint8Array[];
}

export function recordId(): string {
  return `<urn:uuid:${randomUUID()}>`;
}

export function bytesOf(record: WarcRecord): Buffer {
  const length = record.block.reduce((sum, part) => sum + part.length, 0);
  const fields: (readonly [string, string])[] = [
    ["WARC-Type", record.type],
    ["WARC-Record-ID", record.id],
    ["WARC-Date", record.date.toISOString()],
    ...record.fields,
    ["Content-Type", record.contentType],
    ["Content-Length", String(length)],
  ];
  const head = `WARC/1.1\r\n${fields.map(([name, value]) => `${name}: ${oneLine(value)}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head), ...record.block, Buffer.from("\r\n\r\n")]);
}

/** Each record is a member of its own, so that one can be read without those before it. */
export async function compressed(record: Buffer): Promise<Buffer> {
  return record.length <= compressedAtOnce ? gzipSync(record) : gzipping(record);
}

function oneLine(value: string): string {
  return value.replaceAll(/[\r\n]+/g, " ");
}
