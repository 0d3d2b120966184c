/** Loops whose iterations wait one after the other, though none needs what another one did. */
import type { Together } from "../replay/changes.ts";
import type { Call, Site } from "../replay/call.ts";
import { beginning } from "../replay/calls.ts";
import { atBest, isAfter, isShared } from "./sequential.ts";
import type { LoopAnswer } from "./source.ts";
import type { Finding, Study } from "./study.ts";
import { fitting } from "./together.ts";
import { count, duration, median, shortPlace } from "./words.ts";

/** How many iterations at once are suggested. */
const AT_ONCE = 10;

interface Candidate {
  readonly site: Site;
  readonly number: number; // of the site
  readonly calls: Call[];
  most: number;
}

/** The awaits of one run of a loop: from, up to, and where each iteration begins. */
interface Turns {
  readonly call: Call;
  readonly begins: readonly number[];
  readonly end: number; // the last await
}

export function sequentialLoops(study: Study): Finding[] {
  const candidates = new Map<number, Candidate>();
  for (const call of study.calls.calls)
    for (const number of repeated(study, call)) addCall(study, candidates, number, call);
  const findings: Finding[] = [];
  const covered: { readonly file: string; readonly line: number; readonly endLine: number }[] = [];
  for (const candidate of study.worthReplaying(candidates.values())) {
    const { file = "", line, column } = candidate.site;
    if (covered.some((loop) => loop.file === file && loop.line <= line && line <= loop.endLine)) continue;
    const answer = study.source?.loop(file, { line, column }, AT_ONCE);
    if (answer?.read === true && !answer.independent) continue;
    const finding = findingOf(study, candidate, answer?.read === true ? answer : undefined, answer?.reasons ?? []);
    if (finding === undefined) continue;
    findings.push(finding);
    const { line: first = line, endLine = line } = finding.advice;
    covered.push({ file, line: first, endLine });
  }
  return findings;
}

/** The sites at which the call began an iteration anew, without those of other kinds of loops. */
function repeated({ calls, source }: Study, { sites }: Call): Set<number> {
  const heads = new Set<number>();
  for (let i = 1; i < sites.length; i++) {
    const site = calls.sites[sites[i] as number] as Site;
    const before = calls.sites[sites[i - 1] as number] as Site;
    if (site.file === undefined || site.file !== before.file || isAfter(site, before)) continue;
    if (!isShared(site.kind) && (site.kind !== "sleep" || source !== undefined)) heads.add(sites[i] as number);
  }
  return heads;
}

function addCall(study: Study, candidates: Map<number, Candidate>, number: number, call: Call): void {
  let candidate = candidates.get(number);
  if (candidate === undefined) {
    const site = study.calls.sites[number] as Site;
    candidates.set(number, (candidate = { site, number, calls: [], most: 0 }));
  }
  candidate.calls.push(call);
  candidate.most += atBest(study, call, 0, call.sites.length);
}

/** The runs of the loop in one call: awaits in its lines, iteration by iteration. */
function turnsOf(study: Study, call: Call, { site, number }: Candidate, answer: LoopAnswer | undefined): Turns[] {
  const range = answer ?? rangeOf(study, call, number);
  const runs: Turns[] = [];
  let begins: number[] = [];
  const finish = (end: number): void => {
    if (begins.length >= 2) runs.push({ call, begins, end });
    begins = [];
  };
  for (let i = 0; i < call.sites.length; i++) {
    const one = study.calls.sites[call.sites[i] as number] as Site;
    const { line = 0, endLine = 0 } = range;
    if (one.file === undefined && begins.length > 0) continue; // nobody read its line: it goes with the ones before it
    const inside = one.file === site.file && one.line >= line && one.line <= endLine && !isShared(one.kind);
    if (!inside) finish(i - 1);
    else if (begins.length === 0) begins.push(i);
    else if (!isAfter(one, study.calls.sites[call.sites[i - 1] as number] as Site)) begins.push(i);
  }
  finish(call.sites.length - 1);
  return runs;
}

/** Without the source: the lines that were awaited between the first and the last time. */
function rangeOf({ calls }: Study, { sites }: Call, number: number): { line: number; endLine: number } {
  const between = sites.slice(sites.indexOf(number), sites.lastIndexOf(number) + 1);
  const lines = between.map((site) => (calls.sites[site] as Site).line);
  return { line: lines.reduce((a, b) => Math.min(a, b)), endLine: lines.reduce((a, b) => Math.max(a, b)) };
}

function findingOf(
  study: Study,
  candidate: Candidate,
  answer: LoopAnswer | undefined,
  reasons: readonly string[],
): Finding | undefined {
  const { program } = study;
  const turns = candidate.calls.flatMap((call) => turnsOf(study, call, candidate, answer));
  if (turns.length === 0) return undefined;
  const together = turns.map(({ call, begins, end }): Together => {
    const starts = begins.map((index) => beginning(program, call.begins[index] as number));
    return { task: call.task, starts, end: beginning(program, call.ends[end] as number), limit: AT_ONCE };
  });
  const changes = { together: fitting(together) };
  const outcome = study.replay(changes, true);
  if (outcome === undefined) return undefined;
  const calls = new Set(turns.map(({ call }) => call));
  const perCall = study.perCall(calls, outcome);
  const saving = study.saving(outcome);
  if (!study.isEnough(saving, perCall)) return undefined;
  const { file = "", line } = candidate.site;
  const iterations = median(turns.map(({ begins }) => begins.length));
  const what = perCall
    ? `${duration(perCall.saving)} of ${duration(perCall.of)} (median of ${count(calls.size, "call", "calls")})`
    : duration(saving);
  const would = answer ? "would save" : "would, if they are independent, save";
  return {
    definite: answer !== undefined,
    changes,
    advice: {
      kind: "sequential-loop",
      title: `${shortPlace(file, line)} waits in a loop, ${Math.round(iterations)} times one after the other; \`gather\` with ${AT_ONCE} at once ${would} ${what}`,
      file,
      line: answer?.line ?? line,
      endLine: answer?.endLine ?? line,
      saving,
      calls: calls.size,
      ...(perCall ? { perCall } : {}),
      ...(answer?.code === undefined ? {} : { code: answer.code, imports: answer.imports ?? [] }),
      details: [
        `${duration(saving)} of the program's ${duration(study.recorded)}, by the replay`,
        ...(answer ? answer.reasons : ["this holds only if no iteration needs what another one did", ...reasons]),
      ],
      tasks: [...new Set([...calls].slice(0, 100).map(({ task }) => program.ids[task] as number))],
    },
  };
}
