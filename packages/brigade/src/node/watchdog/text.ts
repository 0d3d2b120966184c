/** The words in which a blocked loop is reported. */
import type { Place } from "./shared.ts";

/** The loop is blocked while this is written. */
export function blockedNow(duration: number, place: Place): string {
  const advice = "nothing else runs until it goes on. Give such work to a thread: toThread() or threadPool()";
  return `brigade: the loop has been blocked for ${duration.toFixed(0)} ms ${whereIs(place)}: ${advice}${lines(place)}\n`;
}

/** The loop is blocked, and does not answer even the inspector. */
export function blockedInHost(duration: number): string {
  const why = "in a call of the host (synchronous I/O, JSON.parse), whose place can't be read before it returns";
  return `brigade: the loop has been blocked for ${duration.toFixed(0)} ms ${why}\n`;
}

/** The loop goes on. */
export function wasBlocked(duration: number, place: Place | undefined): string {
  const where = place === undefined ? "at a place that could not be read" : whereIs(place);
  return `the loop was blocked for ${duration.toFixed(0)} ms ${where}`;
}

/** The stack of an error with this message that was thrown there. */
export function stackOf(message: string, place: Place | undefined): string {
  return `Error: ${message}${place === undefined ? "" : lines(place)}`;
}

function whereIs({ task, coroutines, stack }: Place): string {
  const inside = coroutines.length > 0 ? ` in ${coroutines.join(" > ")}` : "";
  const who = task === undefined ? "outside any task" : `by task "${task}"${inside}`;
  return stack[0] === undefined ? who : `${who}, at ${stack[0]}`;
}

function lines({ stack }: Place): string {
  return stack.map((line) => `\n    at ${line}`).join("");
}
