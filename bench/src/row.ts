/** From what the contenders of a work reached to rows that compare Brigade with each of them. */
import type { Outcome } from "./rounds.ts";
import type { Rival, Work } from "./work.ts";

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
  /** The same, where the figures are rates. */
  readonly atLeast?: number;
}

/** Brigade's outcome comes first. A contender that failed has no row; without Brigade's figure there are none. */
export function rowsOf(work: Work, outcomes: readonly Outcome[]): readonly Row[] {
  const [own, ...others] = outcomes;
  if (own?.median === undefined) return [];
  const { name, unit, cpuUnit = "" } = work;
  const brigade = own.median;
  const compared = others.flatMap(({ label, median }): readonly Row[] => {
    if (median === undefined) return [];
    const { atMost, atLeast } = rivalOf(work, label);
    const row = { work: name, peer: label, brigade, other: median, ratio: brigade / median, unit };
    return [{ ...row, ...(atMost === undefined ? {} : { atMost }), ...(atLeast === undefined ? {} : { atLeast }) }];
  });
  const ownCpu = own.cpu;
  const processorTimes = others.flatMap(({ label, cpu }): readonly Row[] => {
    if (ownCpu === undefined || cpu === undefined) return [];
    const { cpuAtMost } = rivalOf(work, label);
    const row = { work: `${name}-cpu`, peer: label, brigade: ownCpu, other: cpu, ratio: ownCpu / cpu, unit: cpuUnit };
    return [{ ...row, ...(cpuAtMost === undefined ? {} : { atMost: cpuAtMost }) }];
  });
  return [...boundsOf(work, brigade), ...compared, ...processorTimes];
}

function boundsOf({ name, unit, limit, floor }: Work, brigade: number): readonly Row[] {
  const row = (other: number): Row => ({ work: name, peer: "bound", brigade, other, ratio: brigade / other, unit });
  return [
    ...(limit === undefined ? [] : [{ ...row(limit), atMost: 1 }]),
    ...(floor === undefined ? [] : [{ ...row(floor), atLeast: 1 }]),
  ];
}

function rivalOf({ rivals }: Work, label: string): Partial<Rival> {
  return rivals.find((rival) => rival.label === label) ?? {};
}

export function isBounded(row: Row): boolean {
  return row.atMost !== undefined || row.atLeast !== undefined;
}

export function isMet({ ratio, atMost = Infinity, atLeast = -Infinity }: Row): boolean {
  return ratio <= atMost && ratio >= atLeast;
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
