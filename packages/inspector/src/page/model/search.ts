/** Finds tasks by what they are called, what they run, and where they wait. */
import { type Place, placeText, type Timeline } from "brigade/trace";

/** The tasks that have the words in a name or in a place where they waited, in the order in which they were made. */
export function found(timeline: Timeline, words: string): Uint32Array {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return new Uint32Array(0);
  const { taskCount, givenName, rootCoroutine, spanCount, spanPlace, spanTask, trace } = timeline;
  const strings = trace.strings.map((text: unknown) => typeof text === "string" && has(text, wanted));
  const places = trace.places.map((_, number) => textsOf(timeline.place(number)).some((text) => has(text, wanted)));
  const hits = new Uint8Array(taskCount + 1);
  if (places.some(Boolean)) {
    for (let span = 0; span < spanCount; span++) {
      if (places[spanPlace[span] as number]) hits[spanTask[span] as number] = 1;
    }
  }
  const isNumbered = /^task[- ]?\d*$/.test(wanted);
  const tasks: number[] = [];
  for (let task = 1; task <= taskCount; task++) {
    const named = strings[givenName[task] as number] || strings[rootCoroutine[task] as number];
    if (hits[task] === 1 || named || (isNumbered && has(timeline.name(task), wanted))) tasks.push(task);
  }
  return Uint32Array.from(tasks);
}

function textsOf(place: Place): string[] {
  return [placeText(place), ...place.frames.flatMap(({ name, file, line }) => [name, `${file ?? ""}:${line ?? ""}`])];
}

function has(text: string, wanted: string): boolean {
  return text.toLowerCase().includes(wanted);
}
