/** The part of time that is on the screen. Milliseconds on the program's clock. */

export interface Window {
  readonly from: number;
  readonly to: number;
}

/** The shortest window: ten ticks of a trace. */
const SHORTEST = 0.001;

/** The whole of it, with a margin in which the first and the last moment can be seen. */
export function fitting(start: number, end: number): Window {
  const margin = Math.max((end - start) * 0.015, SHORTEST);
  return { from: start - margin, to: end + margin };
}

/** The window, so moved and so cut that it shows something of what is between `start` and `end`. */
export function clamped(window: Window, start: number, end: number): Window {
  const whole = fitting(start, end);
  const length = Math.min(Math.max(window.to - window.from, SHORTEST), whole.to - whole.from);
  const from = Math.min(Math.max(window.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** `factor` > 1 shows less, in more detail; the time `at` stays where it is. */
export function zoomed({ from, to }: Window, factor: number, at: number = (from + to) / 2): Window {
  const wanted = Math.max((to - from) / factor, SHORTEST);
  const share = (at - from) / (to - from);
  return { from: at - wanted * share, to: at + wanted * (1 - share) };
}

export function moved({ from, to }: Window, by: number): Window {
  return { from: from + by, to: to + by };
}

/** So much around the span that its neighbours can be seen. */
export function around(start: number, end: number): Window {
  const margin = Math.max((end - start) * 0.6, SHORTEST);
  return { from: start - margin, to: end + margin };
}

/** The least of 1, 2, 5, 10, … milliseconds, or their parts, of which there are at most `most` in the window. */
export function stepOfAxis({ from, to }: Window, most: number): number {
  const least = (to - from) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => power * factor >= least) ?? 10);
}
