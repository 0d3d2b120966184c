/** Awaits whose place in the order is what they are there for: pauses, locks, permits. */
import type { SourceFile } from "./source-file.ts";
import { bare, child, isIdentifier, type Node, propertyOf } from "./syntax.ts";

const ORDERING =
  /^(?:acquire|release|join|wait|waitFor|notify|notifyAll|begin|commit|rollback|lock|unlock|flush|shutdown)$/;

/** Methods after whose name one may ask in any order. */
const ASKING =
  /^(?:get|fetch|load|read|find|query|list|count|search|look|head|select|check|has|is|exists|describe|resolve|request|ask|all|one|by|price|stock|status|info|json|text|body)(?=[A-Z_]|$)/;

/** Whether the await is `yield* sleep(…)` without a use for what it gives. */
export function isPause(file: SourceFile, node: Node): boolean {
  const called = bare(child(node, "argument"));
  if (called?.type !== "CallExpression") return false;
  const sleep = file.brigadeName("sleep");
  return (
    sleep !== undefined &&
    isIdentifier(bare(child(called, "callee")), sleep) &&
    file.parent(node)?.type === "ExpressionStatement"
  );
}

/** The method that is called, of whatever. */
export function methodOf(node: Node): string {
  const called = bare(child(node, "argument"));
  const callee = called?.type === "CallExpression" ? bare(child(called, "callee")) : undefined;
  return callee?.type === "MemberExpression" ? propertyOf(callee) : "";
}

/** Whether it orders what tasks do. */
export function isOrdering(node: Node): boolean {
  return ORDERING.test(methodOf(node));
}

/** Whether the method only asks for something. */
export function asks(method: string): boolean {
  return ASKING.test(method);
}
