/** The parts of one iteration: up to its last await, and what it does with the results then. */
import { declaredBy, usesOf } from "./names.ts";
import type { SourceFile } from "./source-file.ts";
import { awaitsIn, child, isIdentifier, list, type Node, nameOf } from "./syntax.ts";

export interface Iteration {
  /** What each iteration has for itself. */
  readonly names: readonly string[];
  /** How the items come: what is gone over, or how many there are. */
  readonly items: { readonly over: Node } | { readonly upTo: Node };
  /** The pattern that takes the item. */
  readonly item: string;
  /** The statements up to the last that awaits. */
  readonly awaiting: readonly Node[];
  /** Those behind it. */
  readonly rest: readonly Node[];
}

/** Takes the loop apart; a string says why that can't be. */
export function iterationOf(file: SourceFile, loop: Node): Iteration | string {
  const body = child(loop, "body") as Node;
  const statements = body.type === "BlockStatement" ? list(body, "body") : [body];
  const last = statements.findLastIndex((statement) => awaitsIn(statement).length > 0);
  const parts = { awaiting: statements.slice(0, last + 1), rest: statements.slice(last + 1) };
  if (loop.type === "ForOfStatement") {
    const left = child(loop, "left") as Node;
    if (loop["await"] === true) return "it reads from something asynchronous, item by item";
    if (left.type !== "VariableDeclaration" || left["kind"] === "var") return "its variable outlives the iteration";
    const pattern = child(list(left, "declarations")[0], "id") as Node;
    const over = child(loop, "right") as Node;
    return { names: declaredBy(pattern), items: { over }, item: file.of(pattern), ...parts };
  }
  if (loop.type === "ForStatement") return counted(file, loop, parts);
  return "each iteration decides whether there is a next one";
}

/** `for (let i = 0; i < n; i++)`. */
function counted(file: SourceFile, loop: Node, parts: Pick<Iteration, "awaiting" | "rest">): Iteration | string {
  const why = "its count is not a plain one from 0";
  const init = child(loop, "init");
  const test = child(loop, "test");
  const update = child(loop, "update");
  const [declaration, ...more] = list(init, "declarations");
  if (init?.type !== "VariableDeclaration" || init["kind"] !== "let" || declaration === undefined || more.length > 0)
    return why;
  const name = nameOf(child(declaration, "id"));
  if (name === "" || child(declaration, "init")?.["value"] !== 0) return why;
  if (test?.type !== "BinaryExpression" || test["operator"] !== "<" || !isIdentifier(child(test, "left"), name))
    return why;
  if (update?.type !== "UpdateExpression" || update["operator"] !== "++") return why;
  const upTo = child(test, "right") as Node;
  const body = usesOf(child(loop, "body") as Node);
  const changes = [...usesOf(upTo).reads].some((read) => body.writes.has(read)) || body.writes.has(name);
  if (changes || awaitsIn(upTo).length > 0) return "the iterations change how many there are";
  return { names: [name], items: { upTo }, item: name, ...parts };
}
