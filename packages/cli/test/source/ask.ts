/** Asks the source reader about every `yield*` of a text, as if a trace had seen them in this order. */
import type { AwaitPosition, LoopAnswer, SequentialAnswer } from "brigade/trace";
import { expect } from "vitest";
import { Effects } from "../../src/source/effects.ts";
import { loopAt } from "../../src/source/loop.ts";
import { sequential } from "../../src/source/sequential.ts";
import { SourceFile } from "../../src/source/source-file.ts";

/** The lines as the body of a coroutine in a module that imports what it needs. */
export function coroutineOf(body: string, before = ""): string {
  return `import { coroutine, gather, sleep } from "brigade";\n${before}\nconst main = coroutine(function* main() {\n${body}\n});\n`;
}

function open(text: string): { file: SourceFile; effects: Effects; awaits: AwaitPosition[] } {
  const file = new SourceFile("main.ts", text);
  const awaits = [...text.matchAll(/yield\* /g)].map((match) => {
    const operand = match.index + match[0].length;
    const line = file.lineOf(operand);
    return { line, column: operand - file.startOf(line) + 1 };
  });
  return { file, effects: new Effects(file), awaits };
}

/** About the awaits that stand behind the line `const main`. */
export function askSequential(text: string): SequentialAnswer {
  const { file, effects, awaits } = open(text);
  const main = file.lineOf(text.indexOf("const main"));
  return sequential(
    file,
    effects,
    awaits.filter(({ line }) => line > main),
  );
}

/** About the loop around the last await. */
export function askLoop(text: string, limit = 10): LoopAnswer {
  const { file, effects, awaits } = open(text);
  return loopAt(file, effects, awaits.at(-1) as AwaitPosition, limit);
}

/** The text with the lines of an answer in place of its own. */
export function rewritten(text: string, { line = 0, endLine = 0, code = "" }: Partial<LoopAnswer>): string {
  return text
    .split("\n")
    .toSpliced(line - 1, endLine - line + 1, code)
    .join("\n");
}

/** Fails where the text is no program. */
export function expectToParse(text: string): void {
  expect(() => new SourceFile("main.ts", text)).not.toThrow();
}
