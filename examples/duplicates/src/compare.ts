/** What the workers do: find customers that are almost the same, by edit distance. Pure computing. */
import { readFileSync } from "node:fs";
import { workerSignal } from "brigade/node";

/** The customers from `from` up to `to`, which are compared with all that stand after them. */
export interface Block {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** How many letters may differ. */
  readonly most: number;
}

export interface Pair {
  /** Line numbers in the file, the first customer being 1. */
  readonly first: number;
  readonly second: number;
  readonly distance: number;
}

/** Each worker reads the file once: cheaper than sending it with every call. */
const loaded = new Map<string, readonly string[]>();

function customersOf(file: string): readonly string[] {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const rows = readFileSync(file, "utf8").trimEnd().split(/\r?\n/).slice(1);
  const customers = rows.map((row) => row.toLowerCase());
  loaded.set(file, customers);
  return customers;
}

/** Gives up soon after the call was cancelled, so that nobody waits for what nobody wants. */
export function duplicatesIn({ file, from, to, most }: Block): Pair[] {
  const customers = customersOf(file);
  const signal = workerSignal();
  const found: Pair[] = [];
  for (let first = from; first < to && !signal.aborted; first++) {
    const one = customers[first] ?? "";
    for (let second = first + 1; second < customers.length; second++) {
      const distance = editDistance(one, customers[second] ?? "", most);
      if (distance <= most) found.push({ first: first + 1, second: second + 1, distance });
    }
  }
  return found;
}

/** Levenshtein's distance, or anything above `most` as soon as it must be more. */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let above = Uint16Array.from({ length: b.length + 1 }, (_, column) => column);
  let current = new Uint16Array(b.length + 1);
  for (let row = 1; row <= a.length; row++) {
    current[0] = row;
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const changed = (above[column - 1] ?? 0) + (a.charCodeAt(row - 1) === b.charCodeAt(column - 1) ? 0 : 1);
      const cost = Math.min(changed, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      current[column] = cost;
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    [above, current] = [current, above];
  }
  return above[b.length] ?? 0;
}
