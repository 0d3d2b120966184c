/** Awaits whose place in the order is what they are there for: pauses, locks, permits. */
import type { SourceFile } from "./source-file.ts";
import { bare, child, isIdentifier, type Node, propertyOf } from "./syntax.ts";

const ORDERING =
  /^(?:acquire|release|join|wait|waitFor|notify|notifyAll|begin|commit|rollback|lock|unlock|flush|shutdown)$/;

/** Methods that, by their name, change what they are called on: two of them keep their order. */
const ACTIONS =
  /^(?:add|append|apply|assign|authenticate|begin|book|build|call|cancel|change|charge|clear|close|commit|connect|copy|create|decrement|delete|dequeue|destroy|disconnect|dispatch|drop|emit|enqueue|exec|execute|flush|increment|init|insert|install|join|lock|login|logout|mark|migrate|move|next|notify|open|patch|pay|place|pop|post|process|publish|push|put|refund|register|release|remove|rename|replace|reserve|reset|resume|rollback|run|save|seek|send|set|shift|ship|start|stop|store|submit|sync|transaction|truncate|unlock|unshift|update|upload|upsert|use|wait|write)(?=[A-Z_0-9]|$)/;

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
function methodOf(node: Node): string {
  const called = bare(child(node, "argument"));
  const callee = called?.type === "CallExpression" ? bare(child(called, "callee")) : undefined;
  return callee?.type === "MemberExpression" ? propertyOf(callee) : "";
}

/** Whether it orders what tasks do. */
export function isOrdering(node: Node): boolean {
  return ORDERING.test(methodOf(node));
}

/** Whether the method does something, by its name. */
export function acts(method: string): boolean {
  return ACTIONS.test(method);
}
