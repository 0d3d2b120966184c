/** Steps that block the loop: which is the next. */
import type { OpenedTrace } from "../open/opened.ts";
import { FAN, firstAbove } from "./track.ts";

/** The span of the first step that begins after `time` and takes `threshold` or longer; −1 where none does. */
export function nextBlocked({ steps, orders }: OpenedTrace, time: number, threshold: number): number {
  const { start, end, levels } = steps;
  const longest = levels[0]?.longest ?? new Float32Array(0);
  let at = firstAbove(start, time);
  while (at < start.length) {
    if (at % FAN === 0 && (longest[at / FAN] as number) < threshold) {
      at += FAN;
      continue;
    }
    if ((end[at] as number) - (start[at] as number) >= threshold) return orders.steps[at] as number;
    at += 1;
  }
  return -1;
}
