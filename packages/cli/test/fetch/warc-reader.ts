/** Reads WARC files with warcio, which is nobody's here: what it can't read, others can't either. */
import { WARCParser } from "warcio";

export interface ReadRecord {
  readonly type: string;
  readonly uri: string;
  /** Of the HTTP message: `HTTP/1.1 200 OK`, or a request line. */
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Of the record itself. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export async function recordsOf(file: Uint8Array): Promise<ReadRecord[]> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(file));
      controller.close();
    },
  });
  const records: ReadRecord[] = [];
  for await (const record of new WARCParser(source)) {
    const body = Buffer.from(await record.readFully(true));
    records.push({
      type: record.warcType ?? "",
      uri: record.warcTargetURI ?? "",
      statusLine: record.httpHeaders?.statusline ?? "",
      headers: lowerCased(record.httpHeaders?.headers),
      fields: lowerCased(record.warcHeaders.headers),
      body,
    });
  }
  return records;
}

function lowerCased(headers: Iterable<readonly [string, string]> = []): Map<string, string> {
  return new Map([...headers].map(([name, value]) => [name.toLowerCase(), value]));
}
