/** An exchange as a WARC keeps it: a request record and a response record, with what was said over HTTP. */
import { bytesOf, compressed, recordId, type WarcRecord } from "./record.ts";

/** What was sent, and what came. */
export interface ArchivedExchange {
  readonly method: string;
  readonly url: URL;
  readonly sent: Iterable<readonly [string, string]>;
  readonly data: Uint8Array | undefined;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Its content encoding undone. */
  readonly body: Uint8Array;
  /** `sha256:…`; undefined: it is empty. */
  readonly digest: string | undefined;
  readonly date: Date;
}

/** Fields that spoke of the body's form on the wire. They keep their values under other names. */
const ofTheWire = new Set(["content-encoding", "content-length", "transfer-encoding"]);

export async function archived(exchange: ArchivedExchange, gzipped: boolean): Promise<Uint8Array[]> {
  const response = responseRecord(exchange);
  const records = [bytesOf(requestRecord(exchange, response.id)), bytesOf(response)];
  return gzipped ? Promise.all(records.map(compressed)) : records;
}

function requestRecord(exchange: ArchivedExchange, concurrentTo: string): WarcRecord {
  const { method, url, sent, data, date } = exchange;
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
  for (const [name, value] of sent) if (name.toLowerCase() !== "host") lines.push(`${name}: ${value}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return {
    type: "request",
    id: recordId(),
    date,
    contentType: "application/http; msgtype=request",
    fields: [
      ["WARC-Target-URI", targetOf(url)],
      ["WARC-Concurrent-To", concurrentTo],
    ],
    block: data === undefined ? [head] : [head, data],
  };
}

function responseRecord(exchange: ArchivedExchange): WarcRecord {
  const { url, status, statusText, headers, body, digest, date } = exchange;
  const lines = [`HTTP/1.1 ${status} ${statusText}`];
  for (const [name, value] of headers) lines.push(`${ofTheWire.has(name) ? `x-archive-orig-${name}` : name}: ${value}`);
  lines.push(`content-length: ${body.length}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const fields: [string, string][] = [["WARC-Target-URI", targetOf(url)]];
  if (digest !== undefined) fields.push(["WARC-Payload-Digest", digest]);
  return {
    type: "response",
    id: recordId(),
    date,
    contentType: "application/http; msgtype=response",
    fields,
    block: [head, body],
  };
}

/** Without what is never sent. */
function targetOf(url: URL): string {
  const target = new URL(url);
  target.hash = target.username = target.password = "";
  return target.href;
}

/** The record that a file begins with. */
export async function warcInfo(software: string, gzipped: boolean, file: string): Promise<Uint8Array> {
  const text = `software: ${software}\r\nformat: WARC File Format 1.1\r\nconformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n`;
  const record = bytesOf({
    type: "warcinfo",
    id: recordId(),
    date: new Date(),
    contentType: "application/warc-fields",
    fields: [["WARC-Filename", file]],
    block: [Buffer.from(text)],
  });
  return gzipped ? compressed(record) : record;
}
