/**
 * The last lines of a terminal, drawn again and again in place. The cursor stays visible and stands below them between
 * two drawings, so that a process that is killed leaves a terminal that needs no repair.
 */

/** A line and the columns that it takes: escape sequences take none. */
export interface Line {
  readonly text: string;
  readonly width: number;
}

export interface Terminal {
  readonly columns: number;
  /** Whether lines that no longer fit are broken when the terminal gets narrower. Most do. */
  readonly reflows: boolean;
  write(text: string): void;
}

const beginUpdate = "\u001B[?2026h"; // terminals that know it show everything until the end at once
const endUpdate = "\u001B[?2026l";
const eraseToEndOfLine = "\u001B[K";
const eraseBelow = "\u001B[J";

export class LiveRegion {
  readonly #terminal: Terminal;
  #drawn: readonly Line[] = []; // what stands on the terminal, the cursor below it

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** `above`: lines that stay, and scroll away with what was written before. */
  draw(lines: readonly Line[], above: readonly string[] = []): void {
    const all = [...above, ...lines.map(({ text }) => text)];
    const text = all.map((line) => `${line}${eraseToEndOfLine}\n`).join("");
    this.#terminal.write(`${beginUpdate}${this.#toTop()}${text}${eraseBelow}${endUpdate}`);
    this.#drawn = lines;
  }

  clear(): void {
    if (this.#drawn.length > 0) this.#terminal.write(`${this.#toTop()}${eraseBelow}`);
    this.#drawn = [];
  }

  /** Leaves what stands there, and begins below: something else wrote to the terminal. */
  forget(): void {
    this.#drawn = [];
  }

  #toTop(): string {
    const { columns, reflows } = this.#terminal;
    const rowsOf = ({ width }: Line): number => (reflows ? Math.max(1, Math.ceil(width / columns)) : 1);
    const rows = this.#drawn.reduce((sum, line) => sum + rowsOf(line), 0);
    return rows === 0 ? "" : `\u001B[${rows}A\r`;
  }
}
