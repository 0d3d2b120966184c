/** Results that tell right work from wrong. */

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The sum of 0 … count - 1. */
export function sumBelow(count: number): number {
  return (count * (count - 1)) / 2;
}
