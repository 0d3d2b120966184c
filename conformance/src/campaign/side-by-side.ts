/** Two traces beside each other, the first difference marked. */
import type { Trace } from "../program.ts";
import type { Traces } from "./both.ts";

const WIDTH = 56;

export function sideBySide({ cpython, brigade }: Traces): string {
  const length = Math.max(cpython.length, brigade.length);
  const first = Array.from({ length }, (_, line) => line).find((line) => cpython[line] !== brigade[line]);
  const lines = Array.from({ length }, (_, line) => {
    const mark = line === first ? "≠ " : "  ";
    return `${mark}${cell(cpython, line)} | ${brigade[line] ?? ""}`.trimEnd();
  });
  const verdict = first === undefined ? "the traces are the same" : `the first difference is in line ${first + 1}`;
  return [`  ${"CPython".padEnd(WIDTH)} | Brigade`, ...lines, verdict].join("\n");
}

function cell(trace: Trace, line: number): string {
  const text = trace[line] ?? "";
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text.padEnd(WIDTH);
}
