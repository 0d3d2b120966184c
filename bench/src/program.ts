/** What every peer's module offers: one program for each work, under the work's program name. */

/** Does the work once and gives its result, or, where the work says so, a figure of its own. */
export type Program = (count: number) => Promise<number>;

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
}

/** `time`: the milliseconds of one run are the figure. `own`: the program's result is. */
export type Figure = "time" | "own";

/** A line from a process: it has warmed up, a round's figure, or why it can't go on. */
export type Reply =
  | { readonly kind: "ready" }
  | { readonly kind: "figure"; readonly figure: number }
  | { readonly kind: "failed"; readonly message: string };
