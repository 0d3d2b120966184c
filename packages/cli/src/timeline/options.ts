/** What of a trace is to be shown, and where it goes; checked. */

/** Files that are written in place of the picture in the terminal. */
export interface TimelineFiles {
  readonly html: string | undefined;
  readonly svg: string | undefined;
  readonly chrome: string | undefined;
  readonly json: string | undefined;
}

export function wantsFiles({ html, svg, chrome, json }: TimelineFiles): boolean {
  return [html, svg, chrome, json].some((path) => path !== undefined);
}

export interface TimelineOptions extends TimelineFiles {
  readonly file: string;
  /** How many levels of the tree. */
  readonly depth: number;
  /** How many rows at most. */
  readonly rows: number;
  /** A task's name, or its coroutine's. */
  readonly task: string | undefined;
  /** Milliseconds from the beginning. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Columns. */
  readonly width: number;
  readonly colors: boolean;
}
