/** Tasks that sleep and look, again and again, instead of being told. */
import { TICKS } from "../format/schema.ts";
import type { Notified } from "../replay/changes.ts";
import type { Call, Site } from "../replay/call.ts";
import { waitOf } from "../replay/calls.ts";
import { CANCELLATION } from "../replay/program.ts";
import type { Finding, Study } from "./study.ts";
import { count, duration, median, shortPlace } from "./words.ts";

const FEWEST = 3; // sleeps in a row that make a habit
const LONGEST = 1_000; // ms: whoever sleeps longer has another reason

/** Sleeps of one call in a row, at one site. */
interface Row {
  readonly call: Call;
  readonly from: number;
  readonly to: number; // behind the last
}

interface Candidate {
  readonly site: Site;
  readonly rows: Row[];
  readonly sleeps: number[]; // ms
  most: number;
}

export function polling(study: Study): Finding[] {
  const candidates = new Map<number, Candidate>();
  for (const call of study.calls.calls) {
    for (const row of rowsOf(study, call)) addRow(study, candidates, row);
  }
  const findings: Finding[] = [];
  for (const candidate of study.worthReplaying(candidates.values())) {
    const { file = "", line, column } = candidate.site;
    const answer = study.source?.loop(file, { line, column }, 1);
    if (answer?.read === true && !answer.polls) continue;
    const finding = findingOf(study, candidate, answer?.read === true);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function rowsOf(study: Study, call: Call): Row[] {
  const { sites } = call;
  const rows: Row[] = [];
  for (let from = 0; from < sites.length; ) {
    let to = from + 1;
    while (to < sites.length && sites[to] === sites[from]) to++;
    const site = study.calls.sites[sites[from] as number] as Site;
    const row = { call, from, to };
    if (to - from >= FEWEST && site.kind === "sleep" && site.file !== undefined && isShort(study, row)) rows.push(row);
    from = to;
  }
  return rows;
}

function isShort({ program }: Study, { call, from }: Row): boolean {
  const began = program.steps.end[call.begins[from] as number] as number;
  const ended = program.steps.start[call.ends[from] as number] as number;
  return (ended - began) / TICKS <= LONGEST;
}

function addRow(study: Study, candidates: Map<number, Candidate>, row: Row): void {
  const { call, from, to } = row;
  const number = call.sites[from] as number;
  let candidate = candidates.get(number);
  if (candidate === undefined) {
    const site = study.calls.sites[number] as Site;
    candidates.set(number, (candidate = { site, rows: [], sleeps: [], most: 0 }));
  }
  candidate.rows.push(row);
  const { start, end } = study.program.steps;
  for (let i = from; i < to; i++) {
    const slept = ((start[call.ends[i] as number] as number) - (end[call.begins[i] as number] as number)) / TICKS;
    candidate.sleeps.push(slept);
    if (i === to - 1) candidate.most += slept;
  }
}

/** The task goes on as soon as another one has done what it looked for; undefined where none did while it slept last. */
function notified({ program }: Study, { call, from, to }: Row): Notified | undefined {
  const { operations, steps } = program;
  const begin = call.begins[to - 1] as number;
  const end = call.ends[to - 1] as number;
  if (operations.kind[waitOf(program, begin)] === CANCELLATION) return undefined; // it looked until the end
  // The last step of another task before it looked: the earliest that is certain.
  let cause = -1;
  for (let step = end - 1; step > begin && cause < 0; step--) if (steps.task[step] !== call.task) cause = step;
  if (cause < 0) return undefined;
  return {
    start: waitOf(program, call.begins[from] as number),
    cause: waitOf(program, cause),
    end: steps.operation[end] as number,
  };
}

function findingOf(study: Study, candidate: Candidate, known: boolean): Finding | undefined {
  const changes = { notified: candidate.rows.flatMap((row) => notified(study, row) ?? []) };
  if (changes.notified.length === 0) return undefined;
  const outcome = study.replay(changes, true);
  if (outcome === undefined) return undefined;
  const saving = study.saving(outcome);
  const calls = new Set(candidate.rows.map(({ call }) => call));
  const perCall = study.perCall(calls, outcome);
  if (!study.isEnough(saving, perCall)) return undefined;
  const { file = "", line } = candidate.site;
  const looks = count(candidate.sleeps.length, "time", "times");
  return {
    definite: true,
    changes,
    advice: {
      kind: "polling",
      title: `${shortPlace(file, line)} sleeps ${duration(median(candidate.sleeps))} and looks again, ${looks}; being told would save ${duration(saving)} of ${duration(study.recorded)}`,
      file,
      line,
      endLine: line,
      saving,
      calls: calls.size,
      ...(perCall ? { perCall } : {}),
      details: [
        "wait for an `Event` that is set, a `Condition` that is notified, or a `Queue` that is put into, where the condition comes true",
        "the condition is counted as true from the last step of another task before it was seen: the true saving may be greater",
        ...(known ? [] : ["this holds only if the loop waits for a condition: nobody has looked at the source"]),
      ],
      tasks: [...new Set([...calls].slice(0, 100).map(({ task }) => study.program.ids[task] as number))],
    },
  };
}
