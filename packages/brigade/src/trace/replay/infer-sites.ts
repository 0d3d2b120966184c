/**
 * A busy program leaves no time to read the lines of every wait. Where all calls that went the same way had, as far as it is
 * known, the same line at the same point, the others had it too.
 */
import type { Call, Site } from "./call.ts";

const LONGEST = 200; // awaits of a call that is compared as a whole

/** Puts known sites in place of unknown ones in the calls. */
export function inferSites(sites: readonly Site[], calls: readonly Call[]): void {
  const shapes = shapesOf(sites);
  const alike = new Map<string, Call[]>();
  for (const call of calls) {
    if (call.sites.length > LONGEST || call.sites.length < 2) continue;
    const way = call.sites.map((site) => shapes[site]).join(" ");
    const there = alike.get(way);
    if (there) there.push(call);
    else alike.set(way, [call]);
  }
  for (const group of alike.values()) if (group.length > 1) byPosition(sites, group);
  byNeighbours(sites, shapes, calls);
  byShape(sites, shapes, calls);
}

/** Between the same two awaits there was always the same one: iterations of a loop are alike. */
function byNeighbours(sites: readonly Site[], shapes: readonly number[], calls: readonly Call[]): void {
  const only = new Map<string, number>(); // -1: there are several
  const key = (call: Call, i: number): string => {
    const shape = shapes[call.sites[i] as number];
    return `${call.sites[i - 1] ?? -1} ${shape} ${call.sites[i + 1] ?? -1}`;
  };
  const isKnown = (site: number | undefined): boolean => site === undefined || sites[site]?.file !== undefined;
  const gaps: [Call, number][] = [];
  for (const call of calls) {
    for (const [i, site] of call.sites.entries()) {
      if (!isKnown(call.sites[i - 1]) || !isKnown(call.sites[i + 1])) continue;
      if (!isKnown(site)) gaps.push([call, i]);
      else if (call.sites.length > 1) only.set(key(call, i), (only.get(key(call, i)) ?? site) === site ? site : -1);
    }
  }
  for (const [call, i] of gaps) {
    const known = only.get(key(call, i)) ?? -1;
    if (known >= 0) call.sites[i] = known;
  }
}

/** A number for each site that is the same for all sites of one coroutine that call the same one. */
function shapesOf(sites: readonly Site[]): number[] {
  const numbers = new Map<string, number>();
  return sites.map(({ name, kind, callee }) => {
    const shape = JSON.stringify([name, kind, callee]);
    const number = numbers.get(shape) ?? numbers.size;
    numbers.set(shape, number);
    return number;
  });
}

/** Where a coroutine calls another one in one line only, as far as it is known. */
function byShape(sites: readonly Site[], shapes: readonly number[], calls: readonly Call[]): void {
  const only = new Map<number, number>(); // the site of each shape; -1: there are several
  for (const [number, { file }] of sites.entries()) {
    const shape = shapes[number] as number;
    if (file !== undefined) only.set(shape, only.has(shape) ? -1 : number);
  }
  const again = looped(calls);
  for (const call of calls) {
    const times = new Map<number, number>();
    for (const site of call.sites) {
      const shape = shapes[site] as number;
      times.set(shape, (times.get(shape) ?? 0) + 1);
    }
    for (const [i, site] of call.sites.entries()) {
      if (sites[site]?.file !== undefined) continue;
      const shape = shapes[site] as number;
      const known = only.get(shape) ?? -1;
      // Several in one call may well stand in several lines, unless that line was seen to come again.
      if (known >= 0 && (times.get(shape) === 1 || again.has(known))) call.sites[i] = known;
    }
  }
}

/** The sites that one call ran through more than once. */
function looped(calls: readonly Call[]): Set<number> {
  const again = new Set<number>();
  for (const call of calls) {
    const seen = new Set<number>();
    for (const site of call.sites) {
      if (seen.has(site)) again.add(site);
      seen.add(site);
    }
  }
  return again;
}

/** The calls awaited the same things in the same order. */
function byPosition(sites: readonly Site[], calls: readonly Call[]): void {
  const length = (calls[0] as Call).sites.length;
  for (let i = 0; i < length; i++) {
    let only = -1;
    let differ = false;
    for (const call of calls) {
      const site = call.sites[i] as number;
      if (sites[site]?.file === undefined || site === only) continue;
      differ ||= only >= 0;
      only = site;
    }
    if (only < 0 || differ) continue;
    for (const call of calls) if (sites[call.sites[i] as number]?.file === undefined) call.sites[i] = only;
  }
}
