/** Reading what may be there or not. */
import { type FileHandle, open } from "node:fs/promises";
import { codeOf, unreadable } from "../stop.ts";

export const pieceSize: number = 1024 * 1024;

export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

/** 0 when it is not there. */
export async function sizeOf(path: string): Promise<number> {
  const file = await openIfThere(path);
  if (file === undefined) return 0;
  const { size } = await file.stat();
  await file.close();
  return size;
}

/** A line without its end. */
interface WholeLine {
  readonly text: string;
  /** Where the next one begins. */
  readonly end: number;
}

/** The lines that have an end. */
export async function* wholeLines(
  file: FileHandle,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<WholeLine, void> {
  const piece = Buffer.alloc(pieceSize);
  let parts: Buffer[] = []; // of the line that has not ended
  for (let position = from; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(piece, 0, pieceSize, position);
    if (bytesRead === 0) return;
    let start = 0;
    for (let end = piece.indexOf(10, 0); end !== -1 && end < bytesRead; end = piece.indexOf(10, start)) {
      const text = Buffer.concat([...parts, piece.subarray(start, end)]).toString("utf8");
      parts = [];
      start = end + 1;
      yield { text, end: position + start };
    }
    if (start < bytesRead) parts.push(Buffer.from(piece.subarray(start, bytesRead)));
    position += bytesRead;
  }
}
