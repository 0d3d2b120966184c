/** Which awaits of one function can run at once, and the lines that make them do so. */
import type { AwaitPosition, IndependentAwaits, SequentialAnswer } from "brigade/trace";
import type { Effects } from "./effects.ts";
import { type Row, RowFinder } from "./rows.ts";
import type { SourceFile } from "./source-file.ts";
import { list, type Node } from "./syntax.ts";
import { gatherLines } from "./write.ts";

export function sequential(file: SourceFile, effects: Effects, positions: readonly AwaitPosition[]): SequentialAnswer {
  const nodes = positions.map(({ line, column }) => file.awaitAt(line, column));
  const missing = nodes.indexOf(undefined);
  if (missing >= 0) {
    return {
      read: false,
      groups: [],
      reasons: [`there is no \`yield*\` in line ${positions[missing]?.line} any more`],
    };
  }
  const found = nodes as Node[];
  const reasons: string[] = [];
  const groups: IndependentAwaits[] = [];
  for (const block of blocksOf(file, found)) {
    const finder = new RowFinder(file, effects);
    const rows = finder.find(statementsFor(block, found));
    for (const row of rows) {
      const group = groupOf(file, row, found);
      if (group !== undefined) groups.push(group);
    }
    reasons.push(...finder.reasons);
  }
  return { read: true, groups, reasons: [...new Set(reasons)] };
}

/** The blocks that the awaits stand in, outermost statements of which they are parts. */
function blocksOf(file: SourceFile, nodes: readonly Node[]): Set<Node> {
  const blocks = new Set<Node>();
  for (const node of nodes) {
    for (const one of file.around(node)) {
      if (one.type !== "BlockStatement" && one.type !== "Program") continue;
      blocks.add(one);
      break;
    }
  }
  return blocks;
}

/** The statements from the first to the last that has one of the awaits. */
function statementsFor(block: Node, nodes: readonly Node[]): Node[] {
  const body = list(block, "body");
  const isAround = (statement: Node): boolean =>
    nodes.some(({ start, end }) => statement.start <= start && end <= statement.end);
  const first = body.findIndex(isAround);
  const last = body.findLastIndex(isAround);
  return first < 0 ? [] : body.slice(first, last + 1);
}

function groupOf(file: SourceFile, row: Row, nodes: readonly Node[]): IndependentAwaits | undefined {
  const awaits = row.awaits.map((node) => nodes.indexOf(node)).filter((index) => index >= 0);
  if (awaits.length < 2) return undefined;
  // Awaits that never waited come along.
  const first = row.statements[0] as Node;
  const last = row.statements.at(-1) as Node;
  if (!file.fillLines(first, last)) return undefined;
  const { code, imports, notes } = gatherLines(file, row);
  return {
    awaits,
    line: file.lineOf(first.start),
    endLine: file.lineOf(last.end),
    code,
    imports,
    notes: [
      ...notes,
      ...[...row.shared].map((name) => `they ask the same \`${name}\`: if it answers one at a time, less is saved`),
      "they then run in no order, and the first that fails cancels the others: keep in a row what must have happened before another",
    ],
  };
}
