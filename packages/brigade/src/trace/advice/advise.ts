/** Advice on a trace: every rule looks for what could be otherwise, and the replay says what that would save. */
import type { Trace } from "../format/reader.ts";
import { TICKS } from "../format/schema.ts";
import type { Changes } from "../replay/changes.ts";
import type { Advice, AdviceReport, AdviseOptions } from "./advice.ts";
import { blockingSteps } from "./blocking.ts";
import { bottlenecks } from "./bottleneck.ts";
import { critical } from "./critical.ts";
import { sequentialLoops } from "./loops.ts";
import { polling } from "./polling.ts";
import { sequentialAwaits } from "./sequential.ts";
import { type Finding, Study } from "./study.ts";
import { fitting } from "./together.ts";
import { unawaitedTasks } from "./unawaited.ts";

/**
 * What to change in the recorded program so that it ends sooner, sorted by what that would save; the critical path, which
 * is no change, stands last. Every number comes from a replay of the trace in virtual time with the change made, permits
 * and limits respected. Takes some seconds for a million events. Traces of a flight recorder do not tell which awaits belong
 * to one call: of these there is no advice on awaits.
 *
 * @example
 * ```ts
 * import { coroutine, run, sleep } from "brigade";
 * import { advise, readTrace, recorder } from "brigade/trace";
 *
 * const load = coroutine(function* load(what: string) {
 *   yield* sleep("20ms");
 *   return what;
 * });
 * const observer = recorder();
 * await run(
 *   function* () {
 *     const user = yield* load("user");
 *     const orders = yield* load("orders");
 *     return [user, orders];
 *   },
 *   { observer },
 * );
 * for (const { title } of advise(readTrace(observer.bytes()))) console.log(title);
 * ```
 */
export function advise(trace: Trace, options: AdviseOptions = {}): Advice[] {
  return [...adviceReport(trace, options).advice];
}

/** The same, with what it amounts to: how long the program takes with all of it, the critical path, and what was assumed. */
export function adviceReport(trace: Trace, options: AdviseOptions = {}): AdviceReport {
  const study = new Study(trace, options.source, options.minSaving);
  const { words, findings: path } = critical(study);
  const findings = [
    ...sequentialAwaits(study),
    ...sequentialLoops(study),
    ...blockingSteps(study),
    ...bottlenecks(study),
    ...polling(study),
    ...unawaitedTasks(study),
  ].sort((one, other) => rank(other.advice) - rank(one.advice));
  return {
    advice: [...findings, ...path].map(({ advice }) => advice),
    recorded: study.recorded,
    replayed: study.replayed,
    together: together(study, findings),
    criticalPath: words,
    assumptions: assumptions(study),
  };
}

/** By the program's time; where others decide that, by the time of all calls. */
function rank({ saving, perCall, calls = 1 }: Advice): number {
  return saving + (perCall === undefined ? 0 : (perCall.saving * calls) / 1e9);
}

/** How long the program takes with all that is definite. */
function together(study: Study, findings: readonly Finding[]): number {
  const definite = findings.filter(({ definite: counts }) => counts).map(({ changes }) => changes);
  const more = new Map<number, number>();
  for (const changes of definite) for (const [resource, by] of changes.more ?? []) more.set(resource, by);
  const all: Changes = {
    together: fitting(definite.flatMap((changes) => changes.together ?? [])),
    notified: definite.flatMap((changes) => changes.notified ?? []),
    elsewhere: definite.flatMap((changes) => changes.elsewhere ?? []),
    more,
  };
  const outcome = definite.length === 0 ? study.base : study.replay(all);
  if (outcome !== undefined) return (outcome.end - study.program.begin) / TICKS;
  // The changes get in each other's way: the greatest alone is certain.
  return study.replayed - (findings.find(({ definite: counts }) => counts)?.advice.saving ?? 0);
}

function assumptions(study: Study): string[] {
  const { trace, program, calls } = study;
  const said = [
    "what the program waits for outside of it is assumed to take as long when more of it is waited for at once",
  ];
  const off = Math.abs(study.replayed - study.recorded);
  if (off > study.recorded * 0.02) {
    said.push(
      `the replay of the unchanged trace is off by ${Math.round((off / study.recorded) * 100)} %: take the numbers as rough`,
    );
  }
  if (trace.meta.last !== undefined && calls.calls.length === 0) {
    said.push("the trace is that of a flight recorder: which awaits belong to one call is not in it");
  }
  if (trace.lost > 0) said.push(`${trace.lost.toLocaleString("en")} events are missing from the trace`);
  if (trace.end !== "complete") said.push("the trace has no end: the program was ended, or still runs");
  if (program.virtual)
    said.push(
      "the program ran on a virtual clock: steps take no time, so nothing is said of those that block the loop",
    );
  return said;
}
