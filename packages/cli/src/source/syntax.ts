/** The syntax tree as this folder walks it: nodes by type, with where they stand in the text. */
import { visitorKeys } from "oxc-parser";

/** A node of an ESTree. What it has beside this depends on its type. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** The child in a field; undefined where there is none. */
export function child(node: Node | undefined, field: string): Node | undefined {
  return (node?.[field] as Node | null | undefined) ?? undefined;
}

/** The children in a list; without the gaps of `[a, , b]`. */
export function list(node: Node | undefined, field: string): Node[] {
  const nodes = node?.[field];
  return Array.isArray(nodes) ? (nodes as (Node | null)[]).filter((one) => one !== null) : [];
}

/** All children, in the order of the text. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key];
    if (Array.isArray(value)) found.push(...(value as (Node | null)[]).filter((one) => one !== null));
    else if (value !== null && value !== undefined) found.push(value as Node);
  }
  return found;
}

/** Calls back for the node and what stands in it; not for what stands in a node for which it gives false. */
export function walk(node: Node, visit: (node: Node) => boolean | void): void {
  if (visit(node) === false) return;
  for (const one of children(node)) walk(one, visit);
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

export function isFunction({ type }: Node): boolean {
  return FUNCTIONS.has(type);
}

/** Whether it is `yield* …`. */
export function isAwait(node: Node): boolean {
  return node.type === "YieldExpression" && node["delegate"] === true;
}

/** The awaits of the function that the node belongs to: not those of functions in it. */
export function awaitsIn(node: Node): Node[] {
  const found: Node[] = [];
  walk(node, (one) => {
    if (one !== node && isFunction(one)) return false;
    if (isAwait(one)) found.push(one);
    return true;
  });
  return found;
}

export function isIdentifier(node: Node | undefined, name?: string): boolean {
  return node?.type === "Identifier" && (name === undefined || node["name"] === name);
}

export function nameOf(node: Node | undefined): string {
  return typeof node?.["name"] === "string" ? node["name"] : "";
}

/** The name that a member expression reads, if it stands there as a name. */
export function propertyOf(node: Node): string {
  return node["computed"] === true ? "" : nameOf(child(node, "property"));
}

/** What is in the end called or read: without parentheses, `as`, `!` and `?.`. */
export function bare(node: Node | undefined): Node | undefined {
  let one = node;
  while (one !== undefined && WRAPPERS.has(one.type)) one = child(one, "expression");
  return one;
}

const WRAPPERS = new Set([
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "ChainExpression",
]);
