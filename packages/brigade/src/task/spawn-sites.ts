/** Where tasks were made. Written down in debug only, beside the tasks, so that nothing is paid without it. */
import type { FrameInfo } from "../types.ts";
import { type Frame, probe, type RunningTask } from "./frame.ts";
import { programPlace } from "./trace.ts";

const places = /* @__PURE__ */ new WeakMap<object, string>();

/**
 * Notes the place in the program that makes the task. Where the runtime makes it, for the task that runs, that is where
 * this one awaits the runtime; where it awaits nothing of its own, as in `createTask(gather(…))`, where it was made.
 */
export function noteSpawnSite(task: object, running: RunningTask | undefined): void {
  const place = programPlace() ?? (running && (awaitsAt(running) ?? places.get(running)));
  if (place !== undefined) places.set(task, place);
}

/** Where the innermost frame that the program wrote is suspended. */
function awaitsAt(task: RunningTask): string | undefined {
  for (let frame = task.top; frame; frame = frame.parent) {
    const { file, line } = placeOf(frame) ?? {};
    if (file !== undefined) return `${file}:${line}`;
  }
  return undefined;
}

function placeOf(frame: Frame): FrameInfo | undefined {
  try {
    return probe(frame)[0];
  } catch {
    return undefined; // it runs: a generator that does can't be asked, and nothing happens to it
  }
}

/** " (made at file:line)" where that is known. */
export function madeAt(task: object): string {
  const place = places.get(task);
  return place === undefined ? "" : ` (made at ${place})`;
}
