/**
 * What an inline function takes from outside itself, and will not find in a thread. Decided from its text, by a parser and a scope
 * analysis that are optional peers.
 */
import type { Node } from "acorn";
import type * as acorn from "acorn";
import type * as scopes from "eslint-scope";

/** Loads the peers. */
export async function loadParser(): Promise<Parser> {
  try {
    const [parsing, scoping] = await Promise.all([import("acorn"), import("eslint-scope")]);
    return new Parser(parsing, scoping);
  } catch (error) {
    const missing = (error as { readonly code?: unknown }).code === "ERR_MODULE_NOT_FOUND";
    const what = missing
      ? 'needs the packages acorn and eslint-scope: run "npm install acorn eslint-scope"'
      : `can't load acorn and eslint-scope: ${(error as Error).message}`;
    throw new Error(`toThread ${what}`, { cause: error });
  }
}

/** Put there by compilers that keep the names of functions; the thread has one of its own. */
const GIVEN = new Set(["__name"]);

const MOST_CHECKED = 1_000; // texts that are remembered

export class Parser {
  readonly #acorn: typeof acorn;
  readonly #scopes: typeof scopes;
  readonly #checked = new Map<string, string | TypeError>(); // by the function's text: an expression that gives it, or what is wrong

  constructor(parsing: typeof acorn, scoping: typeof scopes) {
    this.#acorn = parsing;
    this.#scopes = scoping;
  }

  /** An expression that gives the function. Throws `TypeError` if it needs anything from outside itself. */
  expressionOf(source: string, name: string): string {
    let checked = this.#checked.get(source);
    if (checked === undefined) {
      checked = this.#check(source, name);
      if (this.#checked.size >= MOST_CHECKED) this.#checked.clear();
      this.#checked.set(source, checked);
    }
    if (typeof checked === "string") return checked;
    throw new TypeError(checked.message);
  }

  #check(source: string, name: string): string | TypeError {
    const who = `toThread: the function ${name === "" ? "" : `"${name}" `}`;
    const parsed = this.#parse(source);
    if ("wrong" in parsed) return new TypeError(`${who}can't be read: ${parsed.wrong}`);
    const wrong = mistakes(parsed.root);
    if (wrong.length > 0) return new TypeError(`${who}can't run in a thread: ${wrong.join("; ")}`);
    const names = this.#freeNames(parsed.program, parsed.root);
    if (names.length === 0) return parsed.expression;
    const what = names.length === 1 ? "a name" : "names";
    return new TypeError(
      `${who}uses ${what} from outside itself, which a thread does not have: ${names.join(", ")}; ` +
        "pass values as arguments, import() packages inside, or put the function into a module for a threadPool",
    );
  }

  /** A function as it stands, or one that was written as a method. */
  #parse(source: string): Parsed | { readonly wrong: string } {
    const method = `({${source}})`;
    try {
      const program = this.#program(`(${source})`);
      return { program, root: expressionIn(program), expression: `(${source})` };
    } catch (error) {
      try {
        const program = this.#program(method);
        const [property] = (expressionIn(program) as unknown as ObjectNode).properties;
        if (property.kind !== "init" || property.computed)
          return { wrong: "write it as a function, with a plain name" };
        return { program, root: property.value, expression: `Object.values(${method})[0]` };
      } catch {
        return { wrong: (error as Error).message };
      }
    }
  }

  #program(text: string): Node {
    return this.#acorn.parse(text, { ecmaVersion: "latest", sourceType: "module", locations: true, ranges: true });
  }

  #freeNames(program: Node, root: Node): string[] {
    const optional = typeofOperands(root);
    const analysis = this.#scopes.analyze(program as never, {
      ecmaVersion: 2022,
      sourceType: "module",
      fallback: "iteration",
    });
    const lines = new Map<string, Set<number>>();
    for (const { identifier } of analysis.globalScope?.through ?? []) {
      const { name, loc } = identifier as unknown as NamedNode;
      if (name in globalThis || GIVEN.has(name) || optional.has(identifier as unknown as Node)) continue;
      lines.set(name, (lines.get(name) ?? new Set()).add(loc?.start.line ?? 1));
    }
    return [...lines].map(([name, at]) => `"${name}" (its line${at.size > 1 ? "s" : ""} ${[...at].join(", ")})`);
  }
}

interface Parsed {
  readonly program: Node;
  readonly root: Node; // the function
  readonly expression: string;
}

interface ObjectNode {
  readonly properties: readonly [{ readonly value: Node; readonly kind: string; readonly computed: boolean }];
}

interface NamedNode extends Node {
  readonly name: string;
}

function expressionIn(program: Node): Node {
  const { body } = program as unknown as { readonly body: readonly [{ readonly expression: Node }] };
  return body[0].expression;
}

/** What can't be had in a thread, beside names. */
function mistakes(root: Node): string[] {
  const found: string[] = [];
  if (root.type === "ClassExpression") found.push("it is a class; hand over a function that makes one");
  if ((root as { generator?: boolean }).generator) found.push(GENERATOR);
  walk(root, true, (node, outside) => {
    const what = mistake(node, outside);
    if (what !== undefined) found.push(`${what} (its line ${node.loc?.start.line})`);
  });
  return found;
}

export const GENERATOR = "it is a generator function; put it into a module, and use the stream() of a threadPool";

function mistake(node: Node, outside: boolean): string | undefined {
  if (node.type === "ThisExpression" && outside) return '"this" is that of the place where it was written';
  if (node.type === "Super" && outside) return '"super" belongs to the object that it was taken from';
  if (node.type === "MetaProperty") {
    const { meta } = node as unknown as { readonly meta: NamedNode };
    if (meta.name === "import") return "import.meta is that of another module in the thread";
    return outside ? "new.target is never set" : undefined;
  }
  if (node.type !== "ImportExpression") return undefined;
  const { value } = (node as unknown as { readonly source: { readonly value?: unknown } }).source;
  if (typeof value !== "string" || !/^\.{0,2}\//.test(value)) return undefined;
  return `import("${value}") is relative to a file that the thread does not know; pass the module's URL as an argument`;
}

/** The operands of typeof, which need not be there. */
function typeofOperands(root: Node): Set<Node> {
  const operands = new Set<Node>();
  walk(root, true, (node) => {
    const { operator, argument } = node as unknown as { readonly operator?: string; readonly argument?: Node };
    if (node.type === "UnaryExpression" && operator === "typeof" && argument) operands.add(argument);
  });
  return operands;
}

/** Visits the node and all below it; `outside` tells whether `this` there is that of the root function. */
function walk(node: Node, outside: boolean, visit: (node: Node, outside: boolean) => void): void {
  visit(node, outside);
  for (const [key, child] of Object.entries(node)) {
    for (const one of Array.isArray(child) ? (child as unknown[]) : [child as unknown]) {
      if (isNode(one)) walk(one, outside && !ownsThis(node, key, one), visit);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** Whether `this` in the child is its own. */
function ownsThis(node: Node, key: string, child: Node): boolean {
  if (node.type === "PropertyDefinition") return key === "value";
  return child.type === "FunctionExpression" || child.type === "FunctionDeclaration" || child.type === "StaticBlock";
}
