/** Statements of one block in a row, and which of their awaits can run at once. */
import type { Effects } from "./effects.ts";
import { common, declaredIn, type Uses, usesOf } from "./names.ts";
import { acts, isOrdering, isPause } from "./pause.ts";
import type { SourceFile } from "./source-file.ts";
import { awaitsIn, bare, child, isAwait, isFunction, list, type Node, walk } from "./syntax.ts";

/** Statements whose awaits can run at once. */
export interface Row {
  readonly statements: readonly Node[];
  /** The awaits, in their order. */
  readonly awaits: readonly Node[];
  /** Of the statements without awaits: those that can stand before all awaits. The others stand behind. */
  readonly before: ReadonlySet<Node>;
  /** Objects that several of the awaits are handed, or are called on. */
  readonly shared: ReadonlySet<string>;
}

/** Finds the rows in a block. */
export class RowFinder {
  readonly #file: SourceFile;
  readonly #effects: Effects;
  readonly #rows: Row[] = [];
  readonly reasons: string[] = [];
  // The row that is being made.
  #statements: Node[] = [];
  #awaits: Node[] = [];
  #uses: Uses[] = [];
  #before = new Set<Node>();
  #shared = new Set<string>();
  #results = new Set<string>(); // names that depend on what the awaits give
  #pending: Node[] = []; // statements behind the last await

  constructor(file: SourceFile, effects: Effects) {
    this.#file = file;
    this.#effects = effects;
  }

  find(statements: readonly Node[]): Row[] {
    for (const statement of statements) {
      const awaits = awaitsIn(statement);
      if (awaits.length === 0) this.#between(statement);
      else this.#take(statement, awaits);
    }
    this.#finish();
    return this.#rows;
  }

  #finish(): void {
    if (this.#awaits.length >= 2) {
      this.#rows.push({
        statements: this.#statements,
        awaits: this.#awaits,
        before: this.#before,
        shared: this.#shared,
      });
    }
    this.#statements = [];
    this.#awaits = [];
    this.#uses = [];
    this.#before = new Set();
    this.#shared = new Set();
    this.#results = new Set();
    this.#pending = [];
  }

  /** A statement without awaits: it can change places with the awaits around it, or the row ends. */
  #between(statement: Node): void {
    if (this.#awaits.length === 0) return;
    if (!isStill(statement)) {
      this.reasons.push(`line ${this.#line(statement)} has to run between the awaits around it`);
      return this.#finish();
    }
    const uses = this.#effects.of(statement);
    const dependent = common(uses.reads, this.#results) !== undefined;
    if (dependent) for (const name of declaredIn(statement)) this.#results.add(name);
    else this.#before.add(statement);
    this.#pending.push(statement);
  }

  #take(statement: Node, awaits: readonly Node[]): void {
    const why = this.#refusal(statement, awaits) ?? this.#conflict(awaits);
    if (why !== undefined) {
      if (this.#awaits.length > 0) this.reasons.push(why);
      this.#finish();
      if (this.#refusal(statement, awaits) !== undefined || this.#conflict(awaits) !== undefined) return;
    }
    this.#statements.push(...this.#pending, statement);
    this.#pending = [];
    for (const one of awaits) {
      this.#awaits.push(one);
      this.#uses.push(this.#effects.of(child(one, "argument") as Node));
    }
    for (const name of declaredIn(statement)) this.#results.add(name);
    for (const name of usesOf(statement).writes) this.#results.add(name);
    // What leaves the function, or decides what runs next, ends the row.
    if (!isPlain(statement)) this.#finish();
  }

  /** Why the awaits of this statement can't be moved at all. */
  #refusal(statement: Node, awaits: readonly Node[]): string | undefined {
    const line = this.#line(statement);
    const using = statement.type === "VariableDeclaration" && String(statement["kind"]).includes("using");
    if (using) return `line ${line} takes hold of something that the lines behind it need`;
    if (!MOVABLE.has(statement.type))
      return `line ${line} decides whether, or how often, there is something to wait for`;
    for (const one of awaits) {
      if (isPause(this.#file, one)) return `line ${line} pauses on purpose`;
      if (isOrdering(one)) return `line ${line} puts what other tasks do in order`;
      if (this.#isConditional(one, statement)) return `the await in line ${line} does not always run`;
      if (awaitsIn(child(one, "argument") as Node).length > 0) return `line ${line} awaits what it hands to an await`;
      if (usesOf(child(one, "argument") as Node).writes.size > 0) return `the await in line ${line} changes a variable`;
    }
    return undefined;
  }

  #isConditional(node: Node, statement: Node): boolean {
    let handedOver = false; // as an argument, which `?.` may leave out
    let below = node;
    for (const one of this.#file.around(node)) {
      if (one === statement) return false;
      handedOver ||= list(one, "arguments").includes(below);
      if (["LogicalExpression", "ConditionalExpression", "AssignmentPattern"].includes(one.type)) return true;
      if (one.type === "ChainExpression" && handedOver) return true;
      below = one;
    }
    return false;
  }

  /** What stands between these awaits and those that the row has already. */
  #conflict(awaits: readonly Node[]): string | undefined {
    const earlier = [...this.#uses];
    for (const one of awaits) {
      const argument = child(one, "argument") as Node;
      const uses = this.#effects.of(argument);
      const line = this.#line(one);
      const needed = common(uses.reads, this.#results);
      if (needed !== undefined) return `line ${line} needs \`${needed}\``;
      for (const before of earlier) {
        const written =
          common(before.writes, uses.reads) ?? common(uses.writes, before.reads) ?? common(uses.writes, before.writes);
        if (written !== undefined)
          return `line ${line} and one before it share \`${written}\`, which one of them changes`;
        const receiver = this.#receiver(before, uses);
        if (receiver !== undefined) return `line ${line} calls \`${receiver}\` again: the order may matter`;
      }
      earlier.push(uses);
    }
    return undefined;
  }

  /** Something that both call methods of, one of which acts. */
  #receiver(one: Uses, other: Uses): string | undefined {
    for (const [name, methods] of one.receivers) {
      const others = other.receivers.get(name);
      if (others === undefined) continue;
      for (const method of [...methods, ...others]) if (acts(method)) return `${name}.${method}`;
      this.#shared.add(name);
    }
    return undefined;
  }

  #line({ start }: Node): number {
    return this.#file.lineOf(start);
  }
}

const MOVABLE = new Set(["VariableDeclaration", "ExpressionStatement", "ReturnStatement"]);

/** Whether it declares what it awaits, or awaits and forgets: nothing else. */
function isPlain(statement: Node): boolean {
  if (statement.type === "ExpressionStatement") return isAwait(bare(child(statement, "expression")) as Node);
  if (statement.type !== "VariableDeclaration") return false;
  return list(statement, "declarations").every((one) => isAwait(bare(child(one, "init")) ?? one));
}

/** Whether it computes, and nothing more: no calls, but those that print. */
function isStill(statement: Node): boolean {
  if (["TSTypeAliasDeclaration", "TSInterfaceDeclaration", "EmptyStatement"].includes(statement.type)) return true;
  const declares = statement.type === "VariableDeclaration" && !String(statement["kind"]).includes("using");
  if (!declares && statement.type !== "ExpressionStatement") return false;
  let still = true;
  walk(statement, (node) => {
    if (isFunction(node)) return false;
    if (node.type === "CallExpression" && !prints(node)) still = false;
    if (
      [
        "NewExpression",
        "TaggedTemplateExpression",
        "AssignmentExpression",
        "UpdateExpression",
        "YieldExpression",
      ].includes(node.type)
    ) {
      still = false;
    }
    return still;
  });
  return still;
}

function prints(call: Node): boolean {
  const callee = bare(child(call, "callee"));
  return callee?.type === "MemberExpression" && child(callee, "object")?.["name"] === "console";
}
