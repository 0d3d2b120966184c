/** What every peer's module offers: one program for each work, under the work's program name. */

/** Does the work once and gives its result, or, where the work says so, a figure of its own. `url` is that of the server to ask or of the file to read. */
export type Program = (count: number, url: string) => Promise<number>;

export type Programs = Readonly<Record<string, Program>>;

/** What a process is told to do. The asyncio peer reads the same words. */
export interface Assignment {
  /** The file of programs, inside the peer's folder. */
  readonly module: string;
  readonly program: string;
  readonly count: number;
  /** What a right program gives; absent where the figure is the program's own. */
  readonly expected?: number;
  readonly figure: Figure;
  /** A round repeats the program until about this many milliseconds have passed. */
  readonly roundMs: number;
  /** The server to ask or the file to read; empty where a work needs none. */
  readonly url: string;
}

/** `time`: the milliseconds of one run are the figure. `own`: the program's result is. */
export type Figure = "time" | "own";

/**
 * A line from a process: it has warmed up, or serves at `url`; a round's figure, and the milliseconds of processor time beside it; or
 * why it can't go on.
 */
export type Reply =
  | { readonly kind: "ready"; readonly url?: string }
  | { readonly kind: "figure"; readonly figure: number; readonly cpu?: number }
  | { readonly kind: "failed"; readonly message: string };
