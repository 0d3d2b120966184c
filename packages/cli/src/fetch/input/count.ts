/** How many URLs a file holds, for the estimate of the end: counted before the run, where that is quick. */
import { stat } from "node:fs/promises";
import type { UrlSource } from "../options.ts";
import { unreadable } from "../stop.ts";
import { chunksOfFile } from "./chunks.ts";
import { Lines } from "./lines.ts";
import { templateOf } from "./templates.ts";

/** Counting this many bytes takes about a third of a second. */
const mostBytes = 64 * 1024 * 1024;

/** undefined: nobody knows. */
export async function countUrls(source: UrlSource, signal: AbortSignal): Promise<number | undefined> {
  if (source.kind === "templates") {
    return source.templates.reduce((sum, template) => sum + templateOf(template).count, 0);
  }
  return source.kind === "file" ? countLines(source.path, signal) : undefined;
}

async function countLines(path: string, signal: AbortSignal): Promise<number | undefined> {
  const status = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  // A pipe can be read only once.
  if (!status.isFile() || status.size > mostBytes) return undefined;
  const chunks = await chunksOfFile(path);
  try {
    const lines = new Lines(chunks);
    let count = 0;
    while (!lines.ended) {
      while (lines.take() !== undefined) count++;
      signal.throwIfAborted();
      await lines.read();
    }
    return count;
  } finally {
    await chunks.close();
  }
}
