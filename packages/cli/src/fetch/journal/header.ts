/** What a journal says of its run, so that another input is not taken for the same one. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FetchOptions, UrlSource } from "../options.ts";
import { FetchStop, unreadable } from "../stop.ts";

const format = "brigade-fetch-journal";
const version = 1;
const beginning = 64 * 1024;

export interface JournalHeader {
  readonly journal: typeof format;
  readonly version: number;
  readonly source: SourceMark;
  readonly warc: boolean;
}

type SourceMark =
  | { readonly kind: "stdin" }
  | { readonly kind: "templates"; readonly templates: readonly string[] }
  /** A digest of how it begins. It may grow. */
  | { readonly kind: "file"; readonly bytes: number; readonly digest: string };

export async function headerOf(options: FetchOptions): Promise<JournalHeader> {
  const source = await markOf(options.source, undefined);
  return { journal: format, version, source, warc: options.warc !== undefined };
}

/** `bytes`: of how much of the beginning. */
async function markOf(source: UrlSource, bytes: number | undefined): Promise<SourceMark> {
  if (source.kind !== "file") return source;
  try {
    const file = await open(source.path, "r");
    try {
      if (!(await file.stat()).isFile()) return { kind: "file", bytes: 0, digest: "" };
      const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes ?? beginning), 0, bytes ?? beginning, 0);
      return { kind: "file", bytes: bytesRead, digest: digestOf(buffer.subarray(0, bytesRead)) };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(source.path, error);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Throws a FetchStop when a journal that begins with this line is not one of this run. */
export async function checkHeader(line: string, path: string, options: FetchOptions): Promise<void> {
  const header = parsed(line);
  const output = options.output ?? "the output";
  if (header?.journal !== format)
    throw new FetchStop(`${path} is not a journal of brigade fetch: move it away, or give another --output`);
  if (header.version !== version) {
    throw new FetchStop(
      `${path} was written by another version of brigade: delete it, and --resume goes by ${output} alone`,
    );
  }
  const input = JSON.stringify(header.source) === JSON.stringify(await nowAs(header.source, options.source));
  if (!input) {
    throw new FetchStop(`the input is not the one that ${output} came from: give the same input, or another --output`);
  }
  if (header.warc !== (options.warc !== undefined)) {
    const advice = header.warc ? "was begun with --warc: give it again" : "was begun without --warc: leave it out";
    throw new FetchStop(`the run that ${output} came from ${advice}, or give another --output`);
  }
}

function nowAs(before: SourceMark, source: UrlSource): Promise<SourceMark> {
  return markOf(source, before.kind === "file" && before.bytes > 0 ? before.bytes : undefined);
}

function parsed(line: string): JournalHeader | undefined {
  try {
    return JSON.parse(line) as JournalHeader;
  } catch {
    return undefined;
  }
}
