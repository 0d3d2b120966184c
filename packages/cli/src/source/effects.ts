/**
 * What code does to names that outlive it, functions of the same file that it calls included. What other files' functions
 * do to each other is not seen: that two calls have nothing to do with each other but their names is then taken for granted.
 */
import { type Uses, usesOf } from "./names.ts";
import type { SourceFile } from "./source-file.ts";
import { child, isFunction, list, type Node, nameOf, propertyOf, walk, bare } from "./syntax.ts";

const DEEPEST = 5; // calls into calls that are followed

/** The functions of a file by the names by which they are called. */
export class Effects {
  readonly #functions = new Map<string, Node[]>();
  readonly #known = new Map<Node, Uses>();

  constructor(file: SourceFile) {
    walk(file.program, (node) => {
      const [name, code] = named(node);
      if (name === "" || code === undefined) return;
      const there = this.#functions.get(name);
      if (there) there.push(code);
      else this.#functions.set(name, [code]);
    });
  }

  /** What the code uses, what it calls in this file included. */
  of(node: Node): Uses {
    const uses = usesOf(node);
    this.#follow(uses, uses.calls, DEEPEST, new Set());
    return uses;
  }

  #follow(into: Uses, calls: ReadonlySet<string>, depth: number, seen: Set<string>): void {
    if (depth === 0) return;
    for (const name of calls) {
      if (seen.has(name)) continue;
      seen.add(name);
      for (const code of this.#functions.get(name) ?? []) {
        const uses = this.#usesOf(code);
        for (const read of uses.reads) into.reads.add(read);
        for (const written of uses.writes) into.writes.add(written);
        this.#follow(into, uses.calls, depth - 1, seen);
      }
    }
  }

  #usesOf(code: Node): Uses {
    let uses = this.#known.get(code);
    if (uses === undefined) this.#known.set(code, (uses = usesOf(code)));
    return uses;
  }
}

/** The name by which the node's function is called, and the function. */
function named(node: Node): [string, Node | undefined] {
  switch (node.type) {
    case "FunctionDeclaration":
      return [nameOf(child(node, "id")), node];
    case "VariableDeclarator":
      return [nameOf(child(node, "id")), functionIn(child(node, "init"))];
    case "MethodDefinition":
    case "PropertyDefinition":
      return [`this.${nameOf(child(node, "key"))}`, functionIn(child(node, "value"))];
    case "AssignmentExpression": {
      const left = bare(child(node, "left"));
      const isOwn = left?.type === "MemberExpression" && child(left, "object")?.type === "ThisExpression";
      return isOwn ? [`this.${propertyOf(left)}`, functionIn(child(node, "right"))] : ["", undefined];
    }
    default:
      return ["", undefined];
  }
}

/** The function itself, or the one that is wrapped: `coroutine(function* …)`. */
function functionIn(value: Node | undefined): Node | undefined {
  const one = bare(value);
  if (one === undefined || isFunction(one)) return one;
  if (one.type !== "CallExpression") return undefined;
  return list(one, "arguments").find(isFunction);
}
