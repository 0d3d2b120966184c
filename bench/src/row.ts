/** From what the contenders of a work reached to rows that compare Brigade with each of them. */
import type { Outcome } from "./rounds.ts";
import type { Work } from "./work.ts";

export interface Row {
  readonly work: string;
  /** Whom Brigade is compared with; `bound` where it is compared with an absolute bound. */
  readonly peer: string;
  readonly brigade: number;
  readonly other: number;
  readonly ratio: number;
  readonly unit: string;
  /** The bound on the ratio, where there is one. */
  readonly atMost?: number;
}

/** Brigade's outcome comes first. A contender that failed has no row; without Brigade's figure there are none. */
export function rowsOf(work: Work, outcomes: readonly Outcome[]): readonly Row[] {
  const [own, ...others] = outcomes;
  if (own?.median === undefined) return [];
  const { name, unit, limit } = work;
  const brigade = own.median;
  const compared = others.flatMap(({ label, median }): readonly Row[] => {
    if (median === undefined) return [];
    const atMost = work.rivals.find((rival) => rival.label === label)?.atMost;
    const bound = atMost === undefined ? {} : { atMost };
    return [{ work: name, peer: label, brigade, other: median, ratio: brigade / median, unit, ...bound }];
  });
  if (limit === undefined) return compared;
  return [{ work: name, peer: "bound", brigade, other: limit, ratio: brigade / limit, unit, atMost: 1 }, ...compared];
}

export function isBounded(row: Row): row is Row & { readonly atMost: number } {
  return row.atMost !== undefined;
}

export function isMet(row: Row & { readonly atMost: number }): boolean {
  return row.ratio <= row.atMost;
}

export function jsonOf(rows: readonly Row[]): string {
  const results = rows.map(({ work, peer, brigade, other, ratio, unit }) => ({
    work,
    peer,
    brigade,
    other,
    ratio,
    unit,
  }));
  return `${JSON.stringify({ results }, undefined, 2)}\n`;
}
