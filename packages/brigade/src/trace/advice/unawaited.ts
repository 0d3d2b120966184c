/** Tasks that nobody waits for: they go on after their maker, or are cancelled in the middle when the run ends. */
import { CANCELLED, CREATED, DONE, TICKS } from "../format/schema.ts";
import { INTERRUPT, JOIN } from "../replay/program.ts";
import type { Finding, Study } from "./study.ts";
import { count, duration, lineOfPlace, median, shortPlace } from "./words.ts";

/** Tasks of one coroutine that nobody waits for. */
interface Candidate {
  readonly coroutine: string;
  readonly tasks: number[];
  readonly on: number[]; // ms that each went on after its maker
  cancelled: number;
}

export function unawaitedTasks(study: Study): Finding[] {
  const { program, base } = study;
  const awaited = awaitedTasks(study);
  const { names, cancelled } = namesOf(study);
  const candidates = new Map<string, Candidate>();
  for (let task = 1; task <= program.tasks; task++) {
    const maker = program.parents[task] as number;
    if (maker === 0 || awaited[task] === 1) continue;
    const makerEnd = base.ends[maker] as number;
    const end = base.ends[task] as number;
    if (Number.isNaN(makerEnd) || Number.isNaN(end) || end < makerEnd) continue;
    const endedByRun = cancelled[task] === 1;
    const on = (end - makerEnd) / TICKS;
    if (!endedByRun && on < study.least) continue;
    const coroutine = names[task] ?? "";
    let candidate = candidates.get(coroutine);
    if (candidate === undefined)
      candidates.set(coroutine, (candidate = { coroutine, tasks: [], on: [], cancelled: 0 }));
    candidate.tasks.push(task);
    candidate.on.push(on);
    if (endedByRun) candidate.cancelled++;
  }
  return [...candidates.values()].slice(0, 10).map((candidate) => findingOf(study, candidate));
}

/** 1 for tasks that another one waits for, or ends. */
function awaitedTasks({ program }: Study): Uint8Array {
  const awaited = new Uint8Array(program.tasks + 1);
  const { kind, arg, count: size } = program.operations;
  for (let at = 1; at < size; at++) {
    if (kind[at] === JOIN) for (const task of program.joins[arg[at] as number] as readonly number[]) awaited[task] = 1;
    else if (kind[at] === INTERRUPT) awaited[arg[at] as number] = 1;
  }
  return awaited;
}

function namesOf({ trace, program }: Study): { names: string[]; cancelled: Uint8Array } {
  const numbers = new Map<number, number>();
  program.ids.forEach((id, number) => numbers.set(id, number));
  const names: string[] = [];
  const cancelled = new Uint8Array(program.tasks + 1);
  for (let i = 0; i < trace.count; i++) {
    const task = numbers.get(trace.task[i] as number) ?? 0;
    if (trace.type[i] === CREATED) names[task] = trace.strings[trace.b[i] as number] ?? "";
    else if (trace.type[i] === DONE && trace.a[i] === CANCELLED) cancelled[task] = 1;
  }
  return { names, cancelled };
}

function findingOf(study: Study, { coroutine, tasks, on, cancelled }: Candidate): Finding {
  const changes = { without: new Set(tasks) };
  const outcome = study.replay(changes);
  const saving = outcome === undefined ? 0 : study.saving(outcome);
  const who =
    tasks.length === 1
      ? `nobody waits for the task of \`${coroutine}\``
      : `nobody waits for ${count(tasks.length, "task", "tasks")} of \`${coroutine}\``;
  const longest = on.reduce((a, b) => Math.max(a, b));
  const then =
    cancelled > 0
      ? `${tasks.length === 1 ? "it is" : `${cancelled} are`} cancelled in the middle when the run ends`
      : `${tasks.length === 1 ? "it goes" : "they go"} on for ${duration(tasks.length === 1 ? longest : median(on))} after who made ${tasks.length === 1 ? "it" : "them"}`;
  const them = tasks.length === 1 ? "it" : "them";
  const gain = saving < study.least ? "" : `; without ${them} the program would end ${duration(saving)} sooner`;
  const at = placeOfMaker(study, tasks[0] as number);
  return {
    definite: false,
    changes,
    advice: {
      kind: "unawaited-task",
      title: `${at === undefined ? "" : `${shortPlace(at.file, at.line)}: `}${who}: ${then}${gain}`,
      ...at,
      saving,
      calls: tasks.length,
      details: [
        "make them children of a `taskGroup`, which waits for them, or await them; tasks that are meant to be cancelled at the end need nothing",
      ],
      tasks: tasks.slice(0, 100).map((task) => study.program.ids[task] as number),
    },
  };
}

/** Where its maker waited next: the task was made before that line. */
function placeOfMaker({ trace, program }: Study, task: number): { file: string; line: number } | undefined {
  const maker = program.parents[task] as number;
  const { steps, first } = program;
  let made = -1;
  for (let step = 0; step < steps.count; step++) {
    if ((steps.operation[step] as number) >= (first[task] as number)) break;
    if (steps.task[step] === maker) made = step;
  }
  return made < 0 ? undefined : lineOfPlace(trace, steps.place[made] as number);
}
