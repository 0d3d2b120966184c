/** Loops that do nothing but sleep and look whether something has become true. */
import { isPause } from "./pause.ts";
import type { SourceFile } from "./source-file.ts";
import { awaitsIn, bare, child, isFunction, type Node, walk } from "./syntax.ts";

const ENDLESS = new Set(["WhileStatement", "DoWhileStatement", "ForStatement"]);

export function pollsAt(file: SourceFile, loop: Node, pause: Node): boolean {
  if (!ENDLESS.has(loop.type) || child(loop, "update") !== undefined || !isPause(file, pause)) return false;
  if (awaitsIn(loop).some((one) => one !== pause)) return false;
  return looks(loop) && !acts(child(loop, "body") as Node, file.parent(pause) as Node);
}

/** Whether it goes on only while something is so: by its test, or by an `if` that leaves it. */
function looks(loop: Node): boolean {
  const test = bare(child(loop, "test"));
  if (test !== undefined && test.type !== "Literal") return true;
  let leaves = false;
  walk(child(loop, "body") as Node, (node) => {
    if (isFunction(node)) return false;
    if (node.type === "BreakStatement" || node.type === "ReturnStatement") leaves = true;
    return true;
  });
  return leaves;
}

/** Whether it does something beside sleeping and looking: a statement that calls, or changes a variable. */
function acts(body: Node, pause: Node): boolean {
  let acting = false;
  walk(body, (node) => {
    if (node === pause || isFunction(node)) return false;
    if (node.type === "ExpressionStatement") acting = true;
    return true;
  });
  return acting;
}
