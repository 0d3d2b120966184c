/** Writes the lines that let the iterations of a loop run at once. */
import { type Iteration, iterationOf } from "./iteration.ts";
import { common, declaredBy, usesOf } from "./names.ts";
import type { SourceFile } from "./source-file.ts";
import { awaitsIn, bare, child, isAwait, isFunction, list, type Node, nameOf, walk } from "./syntax.ts";
import type { Lines } from "./write.ts";

const WIDEST = 120;

/** A string says why nothing can be written. */
export function loopLines(file: SourceFile, loop: Node, limit: number): Lines | string {
  const iteration = iterationOf(file, loop);
  if (typeof iteration === "string") return iteration;
  if (!file.fillLines(loop, loop)) return "the loop shares its lines with other code";
  if (continues(child(loop, "body") as Node)) return "its `continue` has to become a `return` of a function";
  const writer = new LoopWriter(file, loop, iteration, limit);
  const lines = writer.write();
  if (typeof lines === "string") return lines;
  const imports = file.brigadeName("gather") === undefined ? ["gather"] : [];
  return { code: lines.join("\n"), imports, notes: [] };
}

function continues(body: Node): boolean {
  let found = false;
  walk(body, (node) => {
    if (isFunction(node)) return false;
    if (node.type === "ContinueStatement") found = true;
    return true;
  });
  return found;
}

class LoopWriter {
  readonly #file: SourceFile;
  readonly #iteration: Iteration;
  readonly #indent: string;
  readonly #gather: string;
  readonly #limit: number;

  constructor(file: SourceFile, loop: Node, iteration: Iteration, limit: number) {
    this.#file = file;
    this.#iteration = iteration;
    this.#indent = file.indentOf(loop);
    this.#gather = file.brigadeName("gather") ?? "gather";
    this.#limit = limit;
  }

  write(): string[] | string {
    const { awaiting, rest } = this.#iteration;
    const only = awaiting.length === 1 ? (awaiting[0] as Node) : undefined;
    const single = only === undefined ? undefined : this.#single(only, rest);
    if (single !== undefined) return single;
    return this.#whole();
  }

  /** One call for each item: `f(item)`, `const x = yield* f(item)`, `list.push(yield* f(item))`. */
  #single(statement: Node, rest: readonly Node[]): string[] | undefined {
    const file = this.#file;
    const [node, ...others] = awaitsIn(statement);
    if (node === undefined || others.length > 0) return undefined;
    const call = file.of(child(node, "argument") as Node);
    const mapped = this.#gathered(this.#arrow(call));
    if (statement.type === "ExpressionStatement") {
      const expression = bare(child(statement, "expression"));
      if (expression === node) return rest.length === 0 ? this.#statement("yield* ", mapped) : undefined;
      const target = pushedTo(expression, node);
      if (target === undefined || rest.length > 0) return undefined;
      return this.#statement(`${file.of(target)}.push(...(yield* `, mapped, "))");
    }
    const [declarator, ...more] = list(statement, "declarations");
    if (statement.type !== "VariableDeclaration" || declarator === undefined || more.length > 0) return undefined;
    if (bare(child(declarator, "init")) !== node || rest.length === 0) return undefined;
    if (common(this.#iteration.names, readIn(rest)) !== undefined) return undefined;
    const results = this.#fresh("results");
    const pattern = file.of(child(declarator, "id") as Node).replace(/:[^:{}[\]]*$/, "");
    return [
      ...this.#statement(`const ${results} = yield* `, mapped),
      `${this.#indent}for (const ${pattern} of ${results}) {`,
      ...this.#body(rest),
      `${this.#indent}}`,
    ];
  }

  /** A generator for each item, and what it gives taken in order. */
  #whole(): string[] | string {
    const { awaiting, rest, item, names } = this.#iteration;
    if (usesThis([...awaiting]))
      return "it uses `this`, which is another in a generator function: write a coroutine for one iteration";
    if (rest.length > 0 && awaiting.some((one) => String(one["kind"]).includes("using"))) {
      return "what it takes hold of with `using` is needed behind its last await";
    }
    const split = this.#splitLast([...awaiting]);
    const behind = [...split.behind, ...this.#body(rest)];
    const declared = new Set([...names, ...awaiting.flatMap((one) => [...declaredAtTop(one)]), ...split.names]);
    const read = new Set([...readIn(rest), ...split.reads]);
    const handed = [...declared].filter((name) => read.has(name));
    const inner = [...split.lines];
    if (handed.length > 0) inner.push(`${this.#indent}    return { ${handed.join(", ")} };`);
    const mapper = [`function* (${item}) {`, ...inner, `${this.#indent}  }`].join("\n");
    const mapped = this.#gathered(mapper);
    if (behind.length === 0) return this.#statement("yield* ", mapped);
    const results = this.#fresh("results");
    return [
      ...this.#statement(`const ${results} = yield* `, mapped),
      `${this.#indent}for (const { ${handed.join(", ")} } of ${results}) {`,
      ...behind,
      `${this.#indent}}`,
    ];
  }

  /** The awaiting statements as lines; what the last does with its result stands behind, where it does more than keep it. */
  #splitLast(awaiting: Node[]): { lines: string[]; behind: string[]; names: string[]; reads: string[] } {
    const last = awaiting.at(-1) as Node;
    const [node, ...others] = awaitsIn(last);
    const expression = last.type === "ExpressionStatement" ? bare(child(last, "expression")) : undefined;
    const keeps = expression === undefined || isAwait(expression) || node === undefined || others.length > 0;
    if (keeps) return { lines: this.#lines(awaiting, "    "), behind: [], names: [], reads: [] };
    const file = this.#file;
    const name = this.#fresh("result");
    const parent = file.parent(node) as Node;
    const { start, end } = parent.type === "ParenthesizedExpression" ? parent : node;
    const text = file.of(last);
    const left = text.slice(0, start - last.start) + name + text.slice(end - last.start);
    const call = file.of(child(node, "argument") as Node);
    return {
      lines: [...this.#lines(awaiting.slice(0, -1), "    "), `${this.#indent}    const ${name} = yield* ${call};`],
      behind: [`${this.#indent}  ${left}`],
      names: [name],
      reads: [name, ...usesOf(last, node).reads],
    };
  }

  #body(statements: readonly Node[]): string[] {
    return this.#lines(statements, "  ");
  }

  #lines(statements: readonly Node[], deeper: string): string[] {
    const file = this.#file;
    return statements.flatMap((statement) => {
      const own = file.indentOf(statement);
      const [first = "", ...more] = file.of(statement).split("\n");
      const shift = (line: string): string =>
        line.startsWith(own) ? this.#indent + deeper + line.slice(own.length) : line;
      return [this.#indent + deeper + first, ...more.map(shift)];
    });
  }

  #arrow(call: string): string {
    const { item } = this.#iteration;
    return `(${item}) => ${call.startsWith("{") ? `(${call})` : call}`;
  }

  /** `gather(…, { limit })` over all items. */
  #gathered(mapper: string): string {
    const { items } = this.#iteration;
    const file = this.#file;
    const options = `{ limit: ${this.#limit} }`;
    const mapped =
      "upTo" in items
        ? `Array.from({ length: ${file.of(items.upTo)} }, ${counting(mapper)})`
        : isArray(file, items.over)
          ? `${file.of(items.over)}.map(${mapper})`
          : `Array.from(${file.of(items.over)}, ${mapper})`;
    const flat = `${this.#gather}(${mapped}, ${options})`;
    if (flat.length + this.#indent.length <= WIDEST && !flat.includes("\n")) return flat;
    return `${this.#gather}(\n${this.#indent}  ${mapped},\n${this.#indent}  ${options},\n${this.#indent})`;
  }

  #statement(before: string, expression: string, after = ""): string[] {
    return `${this.#indent}${before}${expression}${after};`.split("\n");
  }

  #fresh(base: string): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}${number}`;
      if (!this.#file.names.has(name)) return name;
    }
  }
}

/** `(i) => …` takes the index: the second of what `Array.from` hands over. */
function counting(mapper: string): string {
  return mapper.replace(/^(function\* )?\(/, "$1(_, ");
}

function pushedTo(expression: Node | undefined, node: Node): Node | undefined {
  const callee = expression?.type === "CallExpression" ? bare(child(expression, "callee")) : undefined;
  const [argument, ...more] = list(expression, "arguments");
  if (callee?.type !== "MemberExpression" || nameOf(child(callee, "property")) !== "push") return undefined;
  return more.length === 0 && bare(argument) === node ? child(callee, "object") : undefined;
}

function readIn(nodes: readonly Node[]): Set<string> {
  return new Set(nodes.flatMap((node) => [...usesOf(node).reads]));
}

/** The names that the statement itself declares: not those of blocks in it. */
function declaredAtTop(statement: Node): string[] {
  if (statement.type !== "VariableDeclaration") return [];
  return list(statement, "declarations").flatMap((one) => declaredBy(child(one, "id")));
}

function usesThis(nodes: readonly Node[]): boolean {
  let found = false;
  for (const node of nodes) {
    walk(node, (one) => {
      if (one.type === "ThisExpression" || (one.type === "Identifier" && one["name"] === "arguments")) found = true;
      return !isFunction(one) || one.type === "ArrowFunctionExpression";
    });
  }
  return found;
}

/** Whether it is known to be an array: written as one, or declared as one in this file. */
function isArray(file: SourceFile, node: Node): boolean {
  const one = bare(node);
  if (one?.type === "ArrayExpression") return true;
  if (one?.type !== "Identifier") return false;
  const name = nameOf(one);
  let arrays = 0;
  let others = 0;
  walk(file.program, (each) => {
    if (each.type === "VariableDeclarator" && nameOf(child(each, "id")) === name) {
      if (isArrayType(child(each, "id")) || bare(child(each, "init"))?.type === "ArrayExpression") arrays++;
      else others++;
    }
    if (isFunction(each)) {
      for (const parameter of list(each, "params")) {
        if (nameOf(parameter) !== name) continue;
        if (isArrayType(parameter)) arrays++;
        else others++;
      }
    }
  });
  return arrays > 0 && others === 0;
}

function isArrayType(id: Node | undefined): boolean {
  let type = child(child(id, "typeAnnotation"), "typeAnnotation");
  if (type?.type === "TSTypeOperator" && type["operator"] === "readonly") type = child(type, "typeAnnotation");
  return type?.type === "TSArrayType";
}
