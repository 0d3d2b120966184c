/** What became of each operation of a run, read from its trace: whether it waited, and how it ended. */
import { operationsOf } from "../generator/walk.ts";
import { described } from "../names.ts";
import type { Op, Program, StreamOp, Trace } from "../program.ts";

export type Operation = StreamOp["op"];

/** "At once": nothing happened between its beginning and its end. Unwound operations gave neither value nor error. */
export const OUTCOMES: readonly string[] = [
  ...["value at once", "value later", "error at once", "error later"],
  ...["unwound at once", "unwound in its ms", "unwound later", "unwound by itself", "unwound, deadlock"],
];

export type Outcome = string;

interface Begun {
  readonly op: Op;
  readonly time: string;
}

/** Calls `found` for each operation that began. */
export function outcomesOf(
  program: Program,
  trace: Trace,
  found: (operation: Operation, outcome: Outcome) => void,
): void {
  const byText = textsOf(program);
  const open = new Map<string, Begun[]>(); // by label: what has begun there, innermost last
  const cancelledItself = new Set<string>();
  let deadlock = false;
  const unwound = (label: string, begun: Begun, time: string): Outcome => {
    if (deadlock) return "unwound, deadlock";
    if (cancelledItself.has(label)) return "unwound by itself";
    return begun.time === time ? "unwound in its ms" : "unwound later";
  };
  for (const line of trace) {
    const [time = "", label = "", ...words] = line.split(" ");
    if (label === "deadlock") deadlock = true;
    const stack = open.get(label) ?? [];
    open.set(label, stack);
    const text = words.join(" ");
    const innermost = stack.at(-1);
    const begins = byText.get(text);
    if (
      innermost !== undefined &&
      innermost.op.op === words[0] &&
      !(begins !== undefined && mayContain(innermost.op))
    ) {
      stack.pop();
      const end = words.at(-1) ?? "";
      found(innermost.op.op, end === "~" ? unwound(label, innermost, time) : `${kindOf(text)} later`);
    } else if (begins === undefined) {
      const whole = wholeLine(byText, words);
      if (whole === undefined) continue;
      if (text === "cancel self true") cancelledItself.add(label);
      found(whole.op.op, `${whole.end === "~" ? "unwound" : kindOf(whole.end)} at once`);
    } else if (begins.op === "give") found("give", "value at once");
    else stack.push({ op: begins as Op, time });
  }
}

/** Each operation by the line that its beginning writes. */
function textsOf(program: Program): ReadonlyMap<string, StreamOp> {
  const texts = new Map<string, StreamOp>();
  for (const op of operationsOf(program)) if (op.op !== "giving") texts.set(described(op), op);
  return texts;
}

function mayContain(op: Op): boolean {
  return "body" in op;
}

function kindOf(text: string): string {
  return /(^| )!/.test(text) ? "error" : "value";
}

/** The beginning and the end of an operation in one line. */
function wholeLine(
  byText: ReadonlyMap<string, StreamOp>,
  words: readonly string[],
): { readonly op: StreamOp; readonly end: string } | undefined {
  for (let count = words.length - 1; count > 0; count--) {
    const op = byText.get(words.slice(0, count).join(" "));
    if (op !== undefined) return { op, end: words.slice(count).join(" ") };
  }
  return undefined;
}
