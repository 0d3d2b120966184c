/** Where in the timeline a piece of advice belongs. */
import { type Advice, type Place, RUNNING, type Timeline, WAITING } from "brigade/trace";

export interface Spot {
  /** The index of the advice. */
  readonly advice: number;
  readonly task: number;
  readonly span: number;
  readonly time: number;
  /** Of all spots of its advice the one that takes longest: the others are shown small. */
  readonly isMain: boolean;
}

const MOST_PER_ADVICE = 400;

export function spotsOf(timeline: Timeline, advice: readonly Advice[]): Spot[] {
  const byPlace = new Map<number, number[]>();
  for (const [index, one] of advice.entries()) {
    for (const place of placesOf(timeline, one)) byPlace.set(place, [...(byPlace.get(place) ?? []), index]);
  }
  const found: number[][] = advice.map(() => []);
  if (byPlace.size > 0) {
    for (let span = 0; span < timeline.spanCount; span++) {
      const here = byPlace.get(timeline.spanPlace[span] as number);
      if (here === undefined) continue;
      for (const index of here) {
        if (isAbout(advice[index] as Advice, timeline, span)) (found[index] as number[]).push(span);
      }
    }
  }
  const spots = advice.flatMap((one, index) => {
    const spans = found[index] as number[];
    if (spans.length === 0) {
      const tasks = (one.tasks ?? []).slice(0, MOST_PER_ADVICE);
      return tasks
        .flatMap((task) => atTask(timeline, index, task))
        .map((spot, number) => ({ ...spot, isMain: number === 0 }));
    }
    const longest = longestOf(timeline, spans);
    return [longest, ...thinned(spans).filter((span) => span !== longest)].map((span) => ({
      advice: index,
      task: timeline.spanTask[span] as number,
      span,
      time: timeline.spanStart[span] as number,
      isMain: span === longest,
    }));
  });
  return spots.sort((one, other) => Number(other.isMain) - Number(one.isMain)); // where there is no room, they count first
}

/** Where it names no places, those that have a frame at its lines. */
function placesOf({ trace }: Timeline, { places, file, line, endLine = line }: Advice): readonly number[] {
  if (places !== undefined || file === undefined || line === undefined || endLine === undefined) return places ?? [];
  const isThere = (frame: Place["frames"][number]): boolean =>
    frame.file === file && frame.line !== undefined && frame.line >= line && frame.line <= endLine;
  return trace.places.flatMap((place, number) => (place.frames.some(isThere) ? [number] : []));
}

function isAbout({ kind }: Advice, timeline: Timeline, span: number): boolean {
  return timeline.spanState[span] === (kind === "blocking-step" ? RUNNING : WAITING);
}

/** Advice numbers tasks as the trace does. */
function atTask(timeline: Timeline, advice: number, id: number): Spot[] {
  const task = timeline.taskWithId(id);
  const [from, to] = timeline.spansOf(task);
  if (task === 0 || from === to) return [];
  return [{ advice, task, span: from, time: timeline.spanStart[from] as number, isMain: true }];
}

function longestOf({ spanStart, spanEnd }: Timeline, spans: readonly number[]): number {
  const took = (span: number): number => (spanEnd[span] as number) - (spanStart[span] as number);
  return spans.reduce((longest, span) => (took(span) > took(longest) ? span : longest));
}

function thinned(spans: readonly number[]): readonly number[] {
  if (spans.length <= MOST_PER_ADVICE) return spans;
  const every = spans.length / MOST_PER_ADVICE;
  return Array.from({ length: MOST_PER_ADVICE }, (_, index) => spans[Math.floor(index * every)] as number);
}
