/** Semaphores, limits, locks and full queues that tasks stand in line for. */
import type { Place, Resource } from "../format/schema.ts";
import { TICKS } from "../format/schema.ts";
import { ACQUIRE, POOL, PUT } from "../replay/program.ts";
import type { Finding, Study } from "./study.ts";
import { count, duration, lineOfPlace, resourceWords, shortPlace } from "./words.ts";

/** Resources that are one to whoever reads the advice: those that the same lines made. */
interface Candidate {
  readonly resource: Resource;
  readonly numbers: Set<number>;
  readonly places: Set<number>;
  waits: number;
  most: number; // ms waited in all
}

export function bottlenecks(study: Study): Finding[] {
  const candidates = new Map<string, Candidate>();
  const add = (number: number, place: number, ms: number): void => {
    const resource = study.program.stores[number]?.resource;
    if (resource === undefined || !(ms > 0)) return;
    const line = lineOfPlace(study.trace, place);
    const where = resource.name === undefined && line !== undefined ? `${line.file}:${line.line}` : "";
    const key = JSON.stringify([resource.kind, resource.name, resource.capacity, where]);
    let candidate = candidates.get(key);
    if (candidate === undefined) {
      candidates.set(key, (candidate = { resource, numbers: new Set(), places: new Set(), waits: 0, most: 0 }));
    }
    candidate.numbers.add(number);
    if (place !== 0) candidate.places.add(place);
    candidate.waits++;
    candidate.most += ms;
  };
  forEachWait(study, add);
  return study.worthReplaying(candidates.values()).flatMap((candidate) => findingOf(study, candidate) ?? []);
}

/** Tells of each wait for a permit, for a place or for room, in the unchanged replay. */
function forEachWait(study: Study, tell: (resource: number, place: number, ms: number) => void): void {
  const { operations, pools, first, steps } = study.program;
  const { kind, arg, ticks, next, count: size } = operations;
  const times = study.base.times as Float64Array;
  for (let at = 1; at < size; at++) {
    if (kind[at] === ACQUIRE || kind[at] === PUT) {
      const waited = (times[next[at] as number] as number) - (times[at] as number);
      tell(arg[at] as number, ticks[at] as number, waited / TICKS);
    } else if (kind[at] === POOL) {
      const { resource, late } = pools[arg[at] as number] as (typeof pools)[number];
      for (const task of late) {
        const begun = times[first[task] as number] as number;
        tell(resource, 0, (begun - (times[at] as number)) / TICKS);
      }
    }
  }
  // Where gathers with a limit wait stands with the steps alone.
  for (let step = 0; step < steps.count; step++) {
    const place = steps.place[step] as number;
    if (study.trace.places[place]?.kind === "gather") gatherPlaces(study, step, place, tell);
  }
}

function gatherPlaces(
  { program: { operations, steps, pools } }: Study,
  step: number,
  place: number,
  tell: (resource: number, place: number, ms: number) => void,
): void {
  let at = steps.operation[step] as number;
  for (let left = 1_000; left > 0 && at !== 0; left--) {
    if (operations.kind[at] === POOL) {
      // Next to nothing: it tells of the place alone.
      tell((pools[operations.arg[at] as number] as (typeof pools)[number]).resource, place, Number.MIN_VALUE);
      return;
    }
    at = operations.next[at] as number;
  }
}

function findingOf(study: Study, candidate: Candidate): Finding | undefined {
  const { resource, numbers } = candidate;
  const changes = { more: new Map([...numbers].map((number) => [number, 1])) };
  const outcome = study.replay(changes);
  if (outcome === undefined) return undefined;
  const saving = study.saving(outcome);
  if (saving < study.least) return undefined;
  const capacity = resource.capacity ?? 1;
  const twice = study.replay({ more: new Map([...numbers].map((number) => [number, capacity])) });
  const places = [...candidate.places];
  const lines = places.flatMap((place) => lineOfPlace(study.trace, place) ?? []);
  const limit = study.source?.limit(filesOf(places.map((place) => study.trace.places[place])), resource, capacity + 1);
  const at = limit ?? lines[0];
  const isLock = resource.kind === "Lock";
  const would = isLock ? "two that may hold it at once would save" : `${capacity + 1} would save`;
  const where = at === undefined ? "" : `${shortPlace(at.file, at.line)}: `;
  return {
    definite: !isLock,
    changes,
    advice: {
      kind: "bottleneck",
      title: `${where}tasks stood in line for ${resourceWords(resource)} for ${duration(candidate.most)} in all; ${would} ${duration(saving)} of ${duration(study.recorded)}`,
      ...(at === undefined ? {} : { file: at.file, line: at.line }),
      ...(limit === undefined ? {} : { endLine: limit.endLine, code: limit.code, imports: [] }),
      saving,
      calls: candidate.waits,
      details: [
        count(candidate.waits, "wait", "waits"),
        ...(twice === undefined || isLock
          ? []
          : [`with ${capacity * 2} it would save ${duration(study.saving(twice))}`]),
        isLock
          ? "hold it for less: only around what must not happen twice at the same time"
          : "if what it protects can take more: the replay assumes that it then answers as fast as before",
      ],
      places,
    },
  };
}

function filesOf(places: readonly (Place | undefined)[]): string[] {
  return [...new Set(places.flatMap((place) => place?.frames.flatMap(({ file }) => file ?? []) ?? []))];
}
