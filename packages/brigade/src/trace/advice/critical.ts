/** The critical path: what decides how long the program takes. */
import { SLEEP } from "../replay/program.ts";
import { timelineOf } from "../timeline/build.ts";
import { RUNNING, WAITING } from "../timeline/columns.ts";
import { criticalPath } from "../timeline/path.ts";
import type { Finding, Study } from "./study.ts";
import { count, duration, lineOfPlace, shortPlace } from "./words.ts";

const MOST_PARTS = 10;
const LEAST_PART = 0.005; // of the path: shorter parts are not told of

interface Part {
  readonly state: number;
  readonly places: Set<number>;
  readonly words: string;
  segments: number;
  ms: number;
}

/** Its parts in words, the longest first; and what the longest wait would save if it took half as long. */
export function critical(study: Study): { words: string[]; findings: Finding[] } {
  const parts = partsOf(study);
  const whole = parts.reduce((sum, { ms }) => sum + ms, 0);
  const words = parts
    .slice(0, MOST_PARTS)
    .filter(({ ms }) => ms > 0 && ms >= whole * LEAST_PART)
    .map(({ ms, words: what, segments }) => `${duration(ms)} ${what} (${count(segments, "time", "times")})`);
  const outside = placesOfSleep(study);
  const longest = parts.find(
    ({ state, places }) => state === WAITING && [...places].some((place) => outside.has(place)),
  );
  if (longest === undefined || longest.ms < study.least) return { words, findings: [] };
  const changes = { factor: new Map([...longest.places].map((place) => [place, 0.5])) };
  const outcome = study.replay(changes);
  const saving = outcome === undefined ? 0 : study.saving(outcome);
  if (saving < study.least) return { words, findings: [] };
  const places = [...longest.places];
  const at = lineOfPlace(study.trace, places[0] as number);
  const finding: Finding = {
    definite: false,
    changes,
    advice: {
      kind: "critical-path",
      title: `the longest part of the critical path: ${duration(longest.ms)} of ${duration(whole)} ${longest.words}; in half the time the program would end ${duration(saving)} sooner`,
      ...at,
      saving,
      calls: longest.segments,
      details: words,
      places,
    },
  };
  return { words, findings: [finding] };
}

/** The places of waits that nobody of the trace ended. */
function placesOfSleep({ program: { operations } }: Study): Set<number> {
  const places = new Set<number>();
  for (let at = 1; at < operations.count; at++) {
    if (operations.kind[at] === SLEEP) places.add(operations.arg[at] as number);
  }
  return places;
}

/** The segments of the path, those of one line together. */
function partsOf(study: Study): Part[] {
  const path = criticalPath(timelineOf(study.trace));
  const parts = new Map<string, Part>();
  for (let i = 0; i < path.length; i++) {
    const state = path.state[i] as number;
    const place = path.place[i] as number;
    const words = wordsOf(study, state, place);
    let part = parts.get(words);
    if (part === undefined) parts.set(words, (part = { state, places: new Set(), words, segments: 0, ms: 0 }));
    part.places.add(place);
    part.segments++;
    part.ms += (path.end[i] as number) - (path.start[i] as number);
  }
  return [...parts.values()].sort((one, other) => other.ms - one.ms);
}

function wordsOf({ trace }: Study, state: number, place: number): string {
  const at = lineOfPlace(trace, place);
  const kind = trace.places[place]?.kind ?? "";
  const where = at === undefined ? "" : ` at ${shortPlace(at.file, at.line)}`;
  if (state === RUNNING) return at === undefined ? "running" : `running up to ${shortPlace(at.file, at.line)}`;
  if (state === WAITING) return `waiting for ${kind || "something outside"}${where}`;
  return `ready, while others ran${where}`;
}
