/** The table of mutants, printed row by row, in the order of the list, however they end. */
import type { Mutant } from "./mutant.ts";

export interface Row {
  readonly mutant: Mutant;
  /** The check that killed it, and the program or test that did; undefined: it lives. */
  readonly killedBy: { readonly check: string; readonly how: string } | undefined;
  readonly seconds: number;
}

const LONGEST_HOW = 110; // characters

export class Table {
  readonly #rows: (Row | undefined)[];
  readonly #nameWidth: number;
  #printed = 0;

  constructor(mutants: readonly Mutant[]) {
    this.#rows = mutants.map(() => undefined);
    this.#nameWidth = Math.max(...mutants.map((mutant) => mutant.name.length));
    this.#print("mutant", "killed by", "seconds", "promise, and what shows that it is broken");
  }

  add(index: number, row: Row): void {
    this.#rows[index] = row;
    for (let next = this.#rows[this.#printed]; next; next = this.#rows[++this.#printed]) this.#printRow(next);
  }

  get killed(): number {
    return this.#rows.filter((row) => row?.killedBy).length;
  }

  /** The last lines: how many each check has killed, and how many all. */
  sumUp(checks: readonly string[]): void {
    for (const check of checks) {
      console.log(`${check}: ${this.#rows.filter((row) => row?.killedBy?.check === check).length}`);
    }
    console.log(`${this.killed} of ${this.#rows.length} killed`);
  }

  #printRow({ mutant, killedBy, seconds }: Row): void {
    this.#print(mutant.name, killedBy?.check ?? "SURVIVED", seconds.toFixed(1), mutant.promise);
    if (killedBy) this.#print("", "", "", `  ${shortened(killedBy.how)}`);
  }

  #print(name: string, killedBy: string, seconds: string, rest: string): void {
    console.log(`${name.padEnd(this.#nameWidth)}  ${killedBy.padEnd(9)}  ${seconds.padStart(7)}  ${rest}`);
  }
}

function shortened(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length <= LONGEST_HOW ? line : `${line.slice(0, LONGEST_HOW - 1)}…`;
}
