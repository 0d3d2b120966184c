/** Awaits in a row of one function that do not use each other's results: they could wait at the same time. */
import type { Together } from "../replay/changes.ts";
import type { Call, Site } from "../replay/call.ts";
import { beginning } from "../replay/calls.ts";
import { TICKS } from "../format/schema.ts";
import type { IndependentAwaits } from "./source.ts";
import type { Finding, Study } from "./study.ts";
import { fitting } from "./together.ts";
import { count, duration, shortPlace } from "./words.ts";

/** Consecutive awaits of one call: sites, and where they stand in the call. */
interface Row {
  readonly call: Call;
  readonly from: number;
  readonly to: number;
}

interface Candidate {
  readonly sites: readonly number[];
  readonly rows: Row[];
  most: number; // ms that it could save at best
}

/** What a group of awaits is about. */
interface Group {
  readonly file: string;
  readonly sites: readonly number[];
  readonly answer: IndependentAwaits | undefined; // undefined: nobody has looked at the source
  readonly reasons: readonly string[];
}

export function sequentialAwaits(study: Study): Finding[] {
  const candidates = new Map<string, Candidate>();
  for (const call of study.calls.calls) {
    for (const row of rowsOf(study, call)) addRow(study, candidates, row);
  }
  const groups = new Map<string, Group>();
  for (const candidate of study.worthReplaying(candidates.values())) {
    for (const group of groupsOf(study, candidate)) groups.set(group.sites.join(" "), group);
  }
  return [...groups.values()].flatMap((group) => findingOf(study, group, [...candidates.values()]) ?? []);
}

/** Coroutine calls in a row: without one line twice, and without what other tasks give. */
function rowsOf({ calls, source }: Study, call: Call): Row[] {
  const rows: Row[] = [];
  const times = new Map<number, number>();
  for (const number of call.sites) times.set(number, (times.get(number) ?? 0) + 1);
  let from = 0;
  const finish = (to: number): void => {
    if (to - from >= 2) rows.push({ call, from, to });
  };
  for (let i = 0; i < call.sites.length; i++) {
    const site = calls.sites[call.sites[i] as number] as Site;
    const before = i > from ? (calls.sites[call.sites[i - 1] as number] as Site) : undefined;
    // What runs far more often than the line before it stands in a loop that this one does not stand in.
    const asOften = i === from || isAsOften(times, call.sites[i] as number, call.sites[i - 1] as number);
    const other = before !== undefined && (!asOften || site.file !== before.file || !isAfter(site, before));
    if (other) {
      finish(i);
      from = i;
    }
    if (site.file === undefined || isShared(site.kind) || (site.kind === "sleep" && source === undefined)) {
      finish(i);
      from = i + 1;
    }
  }
  finish(call.sites.length);
  return rows;
}

function isAsOften(times: ReadonlyMap<number, number>, one: number, other: number): boolean {
  const [few = 0, many = 0] = [times.get(one) ?? 0, times.get(other) ?? 0].sort((a, b) => a - b);
  return many < few * 2;
}

/** Whether it stands further down in the source: otherwise a loop has begun anew. */
export function isAfter(site: Site, before: Site): boolean {
  return site.line > before.line || (site.line === before.line && site.column > before.column);
}

/** Whether what is waited for depends on other tasks, so that its order matters. */
export function isShared(kind: string): boolean {
  return /^(?:Lock|Semaphore|Queue|Condition|Event|Barrier)\b/.test(kind);
}

function addRow(study: Study, candidates: Map<string, Candidate>, row: Row): void {
  const sites = row.call.sites.slice(row.from, row.to);
  const key = sites.join(" ");
  let candidate = candidates.get(key);
  if (candidate === undefined) candidates.set(key, (candidate = { sites, rows: [], most: 0 }));
  candidate.rows.push(row);
  candidate.most += atBest(study, row.call, row.from, row.to);
}

/** All but the longest of the awaits. */
export function atBest({ program: { steps } }: Study, { begins, ends }: Call, from: number, to: number): number {
  let sum = 0;
  let longest = 0;
  for (let i = from; i < to; i++) {
    const took = (steps.start[ends[i] as number] as number) - (steps.end[begins[i] as number] as number);
    sum += took;
    if (took > longest) longest = took;
  }
  return (sum - longest) / TICKS;
}

function groupsOf(study: Study, { sites }: Candidate): Group[] {
  const all = sites.map((site) => study.calls.sites[site] as Site);
  const file = all[0]?.file as string;
  const answer = study.source?.sequential(
    file,
    all.map(({ line, column }) => ({ line, column })),
  );
  if (answer === undefined || !answer.read) {
    const reasons = answer?.reasons ?? ["nobody has looked at the source: `brigade advise` does"];
    return [{ file, sites, answer: undefined, reasons }];
  }
  return answer.groups.map((group) => ({
    file,
    sites: group.awaits.map((index) => sites[index] as number),
    answer: group,
    reasons: answer.reasons,
  }));
}

/** Every place in the rows where just these awaits follow each other. */
function occurrences({ sites }: Group, candidates: readonly Candidate[]): Row[] {
  const found: Row[] = [];
  for (const candidate of candidates) {
    const at = indexOf(candidate.sites, sites);
    if (at < 0) continue;
    for (const { call, from } of candidate.rows) found.push({ call, from: from + at, to: from + at + sites.length });
  }
  return found;
}

function indexOf(sites: readonly number[], wanted: readonly number[]): number {
  for (let at = 0; at + wanted.length <= sites.length; at++) {
    if (wanted.every((site, index) => sites[at + index] === site)) return at;
  }
  return -1;
}

function findingOf(study: Study, group: Group, candidates: readonly Candidate[]): Finding | undefined {
  const rows = occurrences(group, candidates);
  const { program } = study;
  const together = rows.map(({ call, from, to }): Together => {
    const starts = call.begins.slice(from, to).map((step) => beginning(program, step));
    return { task: call.task, starts, end: beginning(program, call.ends[to - 1] as number), limit: Infinity };
  });
  const changes = { together: fitting(together) };
  const outcome = study.replay(changes, true);
  if (outcome === undefined) return undefined;
  const calls = new Set(rows.map(({ call }) => call));
  const perCall = study.perCall(calls, outcome);
  const saving = study.saving(outcome);
  if (!study.isEnough(saving, perCall)) return undefined;
  const sites = group.sites.map((site) => study.calls.sites[site] as Site);
  const { file, answer } = group;
  const line = answer?.line ?? (sites[0] as Site).line;
  const endLine = answer?.endLine ?? (sites.at(-1) as Site).line;
  return {
    definite: answer !== undefined,
    changes,
    advice: {
      kind: "sequential-awaits",
      title: title(sites, file, calls.size, saving, perCall, answer !== undefined),
      file,
      line,
      endLine,
      saving,
      calls: calls.size,
      ...(perCall ? { perCall } : {}),
      ...(answer ? { code: answer.code, imports: answer.imports } : {}),
      details: [
        `${duration(saving)} of the program's ${duration(study.recorded)}, by the replay`,
        ...(answer ? answer.notes : ["this holds only if they do not use each other's results", ...group.reasons]),
      ],
      tasks: [...new Set([...calls].slice(0, 100).map(({ task }) => program.ids[task] as number))],
    },
  };
}

function title(
  sites: readonly Site[],
  file: string,
  calls: number,
  saving: number,
  perCall: { readonly saving: number; readonly of: number } | undefined,
  known: boolean,
): string {
  const first = (sites[0] as Site).line;
  const last = (sites.at(-1) as Site).line;
  const name = file.replace(/^.*[\\/]/, "");
  const where = first === last ? shortPlace(file, first) : `${name}, lines ${first} to ${last}`;
  const would = known ? "would save" : "would, if they are independent, save";
  const what = perCall
    ? `${duration(perCall.saving)} of ${duration(perCall.of)} (median of ${count(calls, "call", "calls")})`
    : duration(saving);
  return `${where} wait one after another; \`gather\` ${would} ${what}`;
}
