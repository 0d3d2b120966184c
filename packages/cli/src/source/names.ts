/** Which names a piece of code declares, reads and writes. `this.x` counts as a name of its own. */
import {
  bare,
  child,
  children,
  isFunction,
  isIdentifier,
  list,
  type Node,
  nameOf,
  propertyOf,
  walk,
} from "./syntax.ts";

/** What a piece of code does with names that it does not declare itself. */
export interface Uses {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
  /** Names of what it calls methods of, each with the methods. */
  readonly receivers: Map<string, Set<string>>;
  /** Names of the functions that it calls; of methods of `this` as `this.x`. */
  readonly calls: Set<string>;
}

/** Methods that change what they are called on, of the language's own collections. */
const CHANGES = new Set(
  "add clear copyWithin delete fill pop push reverse set setDate setTime shift sort splice unshift".split(" "),
);

/** The names that a pattern declares. */
export function declaredBy(pattern: Node | undefined): string[] {
  const one = bare(pattern);
  switch (one?.type) {
    case "Identifier":
      return [nameOf(one)];
    case "ObjectPattern":
      return list(one, "properties").flatMap((property) =>
        declaredBy(child(property, property.type === "RestElement" ? "argument" : "value")),
      );
    case "ArrayPattern":
      return list(one, "elements").flatMap(declaredBy);
    case "AssignmentPattern":
      return declaredBy(child(one, "left"));
    case "RestElement":
      return declaredBy(child(one, "argument"));
    default:
      return [];
  }
}

/** All names that are declared anywhere in the code, functions in it included. */
export function declaredIn(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (one) => {
    if (one.type === "VariableDeclarator") for (const name of declaredBy(child(one, "id"))) names.add(name);
    if (isFunction(one)) for (const name of list(one, "params").flatMap(declaredBy)) names.add(name);
    if (isFunction(one) || one.type === "ClassDeclaration") {
      const name = nameOf(child(one, "id"));
      if (name !== "") names.add(name);
    }
    if (one.type === "CatchClause") for (const name of declaredBy(child(one, "param"))) names.add(name);
  });
  return names;
}

/** What the code uses, but for the part that is left out; names that it declares itself do not count. */
export function usesOf(node: Node, without?: Node): Uses {
  const uses: Uses = { reads: new Set(), writes: new Set(), receivers: new Map(), calls: new Set() };
  if (without === undefined) collect(node, uses);
  else collectAround(node, without, uses);
  const own = declaredIn(node);
  for (const name of own) {
    uses.reads.delete(name);
    uses.writes.delete(name);
    uses.receivers.delete(name);
    uses.calls.delete(name);
  }
  return uses;
}

/** Only what stands beside the way down to the part that is left out. */
function collectAround(node: Node, without: Node, uses: Uses): void {
  for (const one of children(node)) {
    if (one === without) continue;
    if (one.start <= without.start && without.end <= one.end) collectAround(one, without, uses);
    else collect(one, uses);
  }
}

function collect(node: Node, uses: Uses): void {
  if (node.type.startsWith("TS") && bare(node) === node) return; // types
  switch (node.type) {
    case "Identifier":
      uses.reads.add(nameOf(node));
      return;
    case "AssignmentExpression":
      write(child(node, "left"), uses, node["operator"] !== "=");
      collect(child(node, "right") as Node, uses);
      return;
    case "UpdateExpression":
      write(child(node, "argument"), uses, true);
      return;
    case "UnaryExpression":
      if (node["operator"] === "delete") write(child(node, "argument"), uses, false);
      else collect(child(node, "argument") as Node, uses);
      return;
    case "MemberExpression":
      member(node, uses);
      return;
    case "CallExpression":
      call(node, uses);
      return;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
      if (node["computed"] === true) collect(child(node, "key") as Node, uses);
      if (child(node, "value") !== undefined) collect(child(node, "value") as Node, uses);
      return;
    case "LabeledStatement":
      collect(child(node, "body") as Node, uses);
      return;
    case "BreakStatement":
    case "ContinueStatement":
      return;
    default:
      for (const one of children(node)) collect(one, uses);
  }
}

function member(node: Node, uses: Uses): void {
  const object = bare(child(node, "object"));
  if (object?.type === "ThisExpression") uses.reads.add(`this.${propertyOf(node)}`);
  else if (object !== undefined) collect(object, uses);
  if (node["computed"] === true) collect(child(node, "property") as Node, uses);
}

function call(node: Node, uses: Uses): void {
  const callee = bare(child(node, "callee"));
  for (const argument of list(node, "arguments")) collect(argument, uses);
  if (callee === undefined) return;
  if (isIdentifier(callee)) uses.calls.add(nameOf(callee));
  if (callee.type !== "MemberExpression") return collect(callee, uses);
  const object = bare(child(callee, "object"));
  const method = propertyOf(callee);
  if (object?.type === "ThisExpression") {
    uses.calls.add(`this.${method}`);
    uses.reads.add(`this.${method}`);
    return;
  }
  const receiver = rootName(object);
  if (receiver !== undefined && object !== undefined && (isIdentifier(object) || object.type === "MemberExpression")) {
    const methods = uses.receivers.get(receiver);
    if (methods) methods.add(method);
    else uses.receivers.set(receiver, new Set([method]));
    if (CHANGES.has(method)) uses.writes.add(receiver);
  }
  if (object !== undefined) collect(object, uses);
  if (callee["computed"] === true) collect(child(callee, "property") as Node, uses);
}

function write(target: Node | undefined, uses: Uses, reads: boolean): void {
  const one = bare(target);
  if (one === undefined) return;
  if (one.type === "Identifier") {
    uses.writes.add(nameOf(one));
    if (reads) uses.reads.add(nameOf(one));
    return;
  }
  if (one.type !== "MemberExpression") {
    for (const name of declaredBy(one)) uses.writes.add(name);
    // `[box.value] = …`
    walk(one, (inner) => {
      if (inner.type === "MemberExpression") write(inner, uses, false);
    });
    return;
  }
  const root = rootName(one);
  if (root !== undefined) uses.writes.add(root);
  if (child(one, "object")?.type !== "ThisExpression") collect(child(one, "object") as Node, uses);
  if (one["computed"] === true) collect(child(one, "property") as Node, uses);
}

/** `a` of `a.b.c`; `this.a` of `this.a.b`. */
function rootName(node: Node | undefined): string | undefined {
  let one = bare(node);
  while (one?.type === "MemberExpression" || one?.type === "CallExpression") {
    const inner = bare(child(one, one.type === "CallExpression" ? "callee" : "object"));
    if (one.type === "MemberExpression" && inner?.type === "ThisExpression") return `this.${propertyOf(one)}`;
    one = inner;
  }
  return isIdentifier(one) ? nameOf(one) : undefined;
}

/** Whether the sets have a name in common; gives it. */
export function common(one: Iterable<string>, other: ReadonlySet<string>): string | undefined {
  for (const name of one) if (other.has(name)) return name;
  return undefined;
}
