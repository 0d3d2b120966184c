/** Reads the source of recorded programs, as advice asks for it. */
import { readFileSync, statSync } from "node:fs";
import type { SourceReader } from "brigade/trace";
import { Effects } from "./effects.ts";
import { limitIn } from "./limit.ts";
import { loopAt } from "./loop.ts";
import { sequential } from "./sequential.ts";
import { SourceFile } from "./source-file.ts";

/** A file that was read, or why it could not be. */
type Read = { readonly file: SourceFile; readonly effects: Effects } | string;

/**
 * Reads files as they are now. What was changed after `startedAt` (milliseconds since 1970, from the trace) is not taken for
 * the source of what was recorded: no advice says what to write there.
 */
export function sourceReader(options: { readonly startedAt?: number } = {}): SourceReader {
  const { startedAt = Infinity } = options;
  const known = new Map<string, Read>();
  const read = (path: string): Read => {
    let answer = known.get(path);
    if (answer === undefined) known.set(path, (answer = open(path, startedAt)));
    return answer;
  };
  return {
    sequential(path, awaits) {
      const answer = read(path);
      if (typeof answer === "string") return { read: false, groups: [], reasons: [answer] };
      return sequential(answer.file, answer.effects, awaits);
    },
    loop(path, at, limit) {
      const answer = read(path);
      if (typeof answer === "string") return { read: false, polls: false, independent: false, reasons: [answer] };
      return loopAt(answer.file, answer.effects, at, limit);
    },
    limit(paths, resource, to) {
      const found = paths.flatMap((path) => {
        const answer = read(path);
        return typeof answer === "string" ? [] : (limitIn(answer.file, path, resource, to) ?? []);
      });
      return found.length === 1 ? found[0] : undefined;
    },
    text(path) {
      const answer = read(path);
      return typeof answer === "string" ? undefined : answer.file.text;
    },
  };
}

function open(path: string, startedAt: number): Read {
  try {
    if (statSync(path).mtimeMs > startedAt) return `${path} was changed after the recording began`;
    const file = new SourceFile(path, readFileSync(path, "utf8"));
    return { file, effects: new Effects(file) };
  } catch (error) {
    return `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
