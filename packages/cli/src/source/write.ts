/** Writes the lines that replace awaits in a row. */
import type { Row } from "./rows.ts";
import type { SourceFile } from "./source-file.ts";
import { bare, child, isAwait, isIdentifier, list, type Node, nameOf, propertyOf } from "./syntax.ts";

const WIDEST = 120; // columns of a line that is written in one piece
const MOST_IN_A_ROW = 3; // results that are told apart by their order; of more, by name

/** One await: what it calls, and what takes its result. */
interface Part {
  readonly call: string;
  /** The pattern that takes the result; undefined where nobody does. */
  readonly pattern: string | undefined;
  /** Whether the pattern is a name. */
  readonly named: boolean;
}

export interface Lines {
  readonly code: string;
  readonly imports: readonly string[];
  readonly notes: readonly string[];
}

export function gatherLines(file: SourceFile, row: Row): Lines {
  const whole = wholeLines(file, row);
  if (whole !== undefined) return whole;
  const first = row.statements[0] as Node;
  const indent = file.indentOf(first);
  const before: string[] = [];
  const behind: string[] = [];
  const parts: Part[] = [];
  const notes: string[] = [];
  let kind = "const";
  for (const statement of row.statements) {
    const own = row.awaits.filter(({ start, end }) => statement.start <= start && end <= statement.end);
    if (own.length === 0) {
      const moved = row.before.has(statement) ? before : behind;
      moved.push(...commentsBefore(file, row, statement), indent + file.of(statement));
      continue;
    }
    before.push(...commentsBefore(file, row, statement).map((line) => indent + line.trim()));
    if (statement["kind"] === "let") kind = "let";
    const rest = partsOf(file, statement, own, parts, notes);
    if (rest !== undefined) behind.push(indent + rest);
  }
  const name = file.brigadeName("gather") ?? "gather";
  const lines = [...before, ...call(parts, kind, name, indent), ...behind];
  return { code: lines.join("\n"), imports: file.brigadeName("gather") === undefined ? ["gather"] : [], notes };
}

/** `return [yield* f(), yield* g()]`: the list, or record, is handed to gather as it stands. */
function wholeLines(file: SourceFile, { statements, awaits }: Row): Lines | undefined {
  const [statement, ...others] = statements;
  if (statement === undefined || others.length > 0) return undefined;
  const around = [...file.around(awaits[0] as Node)].find(
    ({ type }) => type === "ArrayExpression" || type === "ObjectExpression",
  );
  if (around === undefined) return undefined;
  const values =
    around.type === "ArrayExpression"
      ? list(around, "elements")
      : list(around, "properties").map((one) => child(one, "value") ?? one);
  if (values.length !== awaits.length || !values.every((value, index) => value === awaits[index])) return undefined;
  const name = file.brigadeName("gather") ?? "gather";
  let text = file.of(around);
  for (const node of [...awaits].reverse()) {
    text = text.slice(0, node.start - around.start) + callOf(file, node) + text.slice(node.end - around.start);
  }
  const before = file.text.slice(statement.start, around.start);
  const code = `${file.indentOf(statement)}${before}yield* ${name}(${text})${file.text.slice(around.end, statement.end)}`;
  return { code, imports: file.brigadeName("gather") === undefined ? ["gather"] : [], notes: [] };
}

/** Adds the awaits of the statement; gives what is left of it, if anything is. */
function partsOf(
  file: SourceFile,
  statement: Node,
  own: readonly Node[],
  parts: Part[],
  notes: string[],
): string | undefined {
  if (statement.type === "ExpressionStatement" && own.length === 1 && bare(child(statement, "expression")) === own[0]) {
    parts.push({ call: callOf(file, own[0] as Node), pattern: undefined, named: false });
    return undefined;
  }
  const declarations = list(statement, "declarations");
  const plain = declarations.length > 0 && declarations.every((one) => isAwait(bare(child(one, "init")) ?? one));
  if (plain) {
    for (const one of declarations) parts.push(declared(file, one, notes));
    return undefined;
  }
  let rest = file.of(statement);
  const names: string[] = [];
  for (const node of own) names.push(freshName(file, node, [...parts.map(({ pattern }) => pattern ?? ""), ...names]));
  for (const [index, node] of [...own.entries()].reverse()) {
    const name = names[index] as string;
    const { start, end } = replaced(file, node, name);
    rest = rest.slice(0, start - statement.start) + name + rest.slice(end - statement.start);
  }
  for (const [index, node] of own.entries()) {
    parts.push({ call: callOf(file, node), pattern: names[index], named: true });
  }
  return rest;
}

function declared(file: SourceFile, declarator: Node, notes: string[]): Part {
  const id = child(declarator, "id") as Node;
  const annotation = child(id, "typeAnnotation");
  if (annotation !== undefined)
    notes.push(`the type of \`${file.text.slice(id.start, annotation.start)}\` is left to the compiler`);
  const end = annotation === undefined ? id.end : annotation.start;
  const call = callOf(file, bare(child(declarator, "init")) as Node);
  return { call, pattern: file.text.slice(id.start, end), named: isIdentifier(id) };
}

function callOf(file: SourceFile, node: Node): string {
  return file.of(child(node, "argument") as Node);
}

/** What gives way to the name: the parentheses right around the await too, and `user:` before it where that is the name. */
function replaced(file: SourceFile, node: Node, name: string): Node {
  const parent = file.parent(node);
  if (parent?.type === "ParenthesizedExpression") return parent;
  const isKey = parent?.type === "Property" && parent["computed"] !== true && isIdentifier(child(parent, "key"), name);
  return isKey ? parent : node;
}

/** A name for a result that had none: after what is called. */
function freshName(file: SourceFile, node: Node, taken: readonly string[]): string {
  const called = bare(child(node, "argument"));
  const callee = called?.type === "CallExpression" ? bare(child(called, "callee")) : called;
  const said = callee?.type === "MemberExpression" ? propertyOf(callee) : nameOf(callee);
  const noun = said.replace(/^(?:get|fetch|load|read|find|query|list)(?=[A-Z])/, "");
  const base = noun === "" ? "result" : noun.charAt(0).toLowerCase() + noun.slice(1);
  const isTaken = (name: string): boolean => taken.includes(name) || file.names.has(name);
  if (!isTaken(base)) return base;
  for (let number = 1; ; number++) {
    const name = `${base}Result${number === 1 ? "" : number}`;
    if (!isTaken(name)) return name;
  }
}

/** The comments that stand before the statement, behind the one before it. */
function commentsBefore(file: SourceFile, row: Row, statement: Node): string[] {
  const index = row.statements.indexOf(statement);
  const from = index === 0 ? statement.start : (row.statements[index - 1] as Node).end;
  const indent = file.indentOf(statement);
  return file.comments
    .filter(({ start, end }) => start >= from && end <= statement.start)
    .map(({ start, end }) => indent + file.text.slice(start, end));
}

/** `const [a, b] = yield* gather([f(), g()]);`, or with names where there are many. */
function call(parts: readonly Part[], kind: string, gather: string, indent: string): string[] {
  const byName = parts.length > MOST_IN_A_ROW && parts.every(({ named }) => named);
  const items = byName
    ? parts.map(({ pattern, call: one }) => `${pattern}: ${one}`)
    : parts.map(({ call: one }) => one);
  const [open, close] = byName ? ["{", "}"] : ["[", "]"];
  const pad = byName ? " " : "";
  const target = targetOf(parts, kind, byName);
  const flat = `${indent}${target}yield* ${gather}(${open}${pad}${items.join(", ")}${pad}${close});`;
  if (flat.length <= WIDEST && !flat.includes("\n")) return [flat];
  const inner = items.map((item) => `${indent}  ${item},`);
  return [`${indent}${target}yield* ${gather}(${open}`, ...inner, `${indent}${close});`];
}

function targetOf(parts: readonly Part[], kind: string, byName: boolean): string {
  const patterns = parts.map(({ pattern }) => pattern ?? "");
  if (byName) return `${kind} { ${patterns.join(", ")} } = `;
  while (patterns.at(-1) === "") patterns.pop();
  return patterns.length === 0 ? "" : `${kind} [${patterns.join(", ")}] = `;
}
