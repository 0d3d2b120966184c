/** Text that may be longer than the longest string: handed out piece by piece. */
import { TICKS } from "../format/schema.ts";
import type { Trace } from "../format/reader.ts";
import { timelineOf } from "../timeline/build.ts";
import { Timeline } from "../timeline/timeline.ts";

const LONGEST = 65_536;

/** Gathers text until there is enough of it for a piece. */
export class Pieces {
  #text = "";

  /** Whether it is time to `take` a piece. */
  add(text: string): boolean {
    this.#text += text;
    return this.#text.length >= LONGEST;
  }

  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

export function timelineFor(source: Trace | Timeline): Timeline {
  return source instanceof Timeline ? source : timelineOf(source);
}

/** JSON that may stand inside a script element, too. */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Milliseconds as the recorder knows them: sums of ticks have more digits than they mean. */
export function exact(milliseconds: number): number {
  return Math.round(milliseconds * TICKS) / TICKS;
}
