/** One parsed file: its text, its tree, and where things stand in it. */
import { type Comment, parseSync } from "oxc-parser";
import { declaredIn, usesOf } from "./names.ts";
import { child, children, isAwait, isFunction, list, type Node, nameOf } from "./syntax.ts";

/** A position that no parsing can find, or text that can't be parsed. The message says which. */
class SourceError extends Error {
  override readonly name: string = "SourceError";
}

export class SourceFile {
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly Comment[];
  readonly #parents = new Map<Node, Node>();
  readonly #lines: number[] = [0]; // where each begins
  #names: ReadonlySet<string> | undefined;

  constructor(path: string, text: string) {
    this.text = text;
    const { program, errors, comments } = parseSync(path, text);
    if (errors.length > 0) throw new SourceError(`${path} can't be parsed: ${errors[0]?.message}`);
    this.program = program as unknown as Node;
    this.comments = comments;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines.push(at + 1);
    this.#adopt(this.program);
  }

  #adopt(parent: Node): void {
    for (const node of children(parent)) {
      this.#parents.set(node, parent);
      this.#adopt(node);
    }
  }

  /** Every name that is declared or read anywhere in it. */
  get names(): ReadonlySet<string> {
    this.#names ??= new Set([...declaredIn(this.program), ...usesOf(this.program).reads]);
    return this.#names;
  }

  parent(node: Node): Node | undefined {
    return this.#parents.get(node);
  }

  /** The nodes around this one, the innermost first. */
  *around(node: Node): Generator<Node, void> {
    for (let one = this.parent(node); one; one = this.parent(one)) yield one;
  }

  /** The function whose code the node is; undefined at the top of the file. */
  functionOf(node: Node): Node | undefined {
    for (const one of this.around(node)) if (isFunction(one)) return one;
    return undefined;
  }

  /** The line of an offset, from 1. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Where the line begins. */
  startOf(line: number): number {
    return this.#lines[line - 1] ?? this.text.length;
  }

  /** Where the line ends, before its line break. */
  endOf(line: number): number {
    const next = this.#lines[line];
    if (next === undefined) return this.text.length;
    return this.text[next - 2] === "\r" ? next - 2 : next - 1;
  }

  of({ start, end }: Node): string {
    return this.text.slice(start, end);
  }

  /** The spaces that the line of the node begins with. */
  indentOf(node: Node): string {
    const start = this.startOf(this.lineOf(node.start));
    return /^[\t ]*/.exec(this.text.slice(start, node.start))?.[0] ?? "";
  }

  /** Whether the nodes, from the first to the last, fill whole lines, but for comments behind them. */
  fillLines(first: Node, last: Node): boolean {
    const before = this.text.slice(this.startOf(this.lineOf(first.start)), first.start);
    const after = this.text.slice(last.end, this.endOf(this.lineOf(last.end)));
    return before.trim() === "" && /^;?\s*(?:\/\/.*)?$/.test(after);
  }

  /** The `yield*` at the position: of several on a line, the one whose operand begins in the column. */
  awaitAt(line: number, column: number | undefined): Node | undefined {
    const onLine: Node[] = [];
    const visit = (node: Node): void => {
      if (isAwait(node)) {
        const operand = child(node, "argument") as Node;
        if (this.lineOf(node.start) === line || this.lineOf(operand.start) === line) onLine.push(node);
      }
      for (const one of children(node)) visit(one);
    };
    visit(this.program);
    const offset = column === undefined ? -1 : this.startOf(line) + column - 1;
    const exact = onLine.filter((node) => child(node, "argument")?.start === offset || node.start === offset);
    if (exact.length > 0) return exact[0];
    const around = onLine.filter(({ start, end }) => start <= offset && offset <= end);
    if (around.length > 0) return around.at(-1);
    return onLine.length === 1 ? onLine[0] : undefined;
  }

  /** What the file calls this export of "brigade"; undefined where it does not import it. */
  brigadeName(name: string): string | undefined {
    for (const node of list(this.program, "body")) {
      if (node.type !== "ImportDeclaration" || child(node, "source")?.["value"] !== "brigade") continue;
      for (const specifier of list(node, "specifiers")) {
        if (nameOf(child(specifier, "imported")) === name) return nameOf(child(specifier, "local"));
      }
    }
    return undefined;
  }
}
