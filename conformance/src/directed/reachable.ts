/** What a program needs of all that it could name. */
import { walk } from "../generator/walk.ts";
import type { Program, StreamOp } from "../program.ts";

/** The program without the functions, streams and objects that nothing reachable from main names. */
export function reachable({ objects, functions, streams }: Program): Program {
  const named = new Set<string>();
  const queue = ["main"];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (named.has(name)) continue;
    named.add(name);
    queue.push(...namesIn(functions[name] ?? streams[name] ?? []));
  }
  const kept = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => named.has(name)));
  return { objects: kept(objects), functions: kept(functions), streams: kept(streams) };
}

/** Every word of these operations: names, and some words that name nothing. */
function namesIn(ops: readonly StreamOp[]): readonly string[] {
  return [...walk(ops)].flatMap((op) => wordsIn(op.op === "gather" ? op.items : Object.values(op)));
}

function wordsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(wordsIn) : [];
}
