/** How advice asks about the program's source. Whoever has a parser answers; `@brigade/cli` does so with oxc-parser. */
import type { Resource } from "../format/schema.ts";

/** A `yield*` in a file, as a stack names it. Lines and columns count from 1. */
export interface AwaitPosition {
  readonly line: number;
  readonly column?: number;
}

/** Awaits that can run at once, and what to write for it. */
export interface IndependentAwaits {
  /** Which of the positions that were asked about: their indexes. */
  readonly awaits: readonly number[];
  /** The lines that `code` replaces, both included. */
  readonly line: number;
  readonly endLine: number;
  readonly code: string;
  /** Names that `code` needs and that the file does not import from "brigade". */
  readonly imports: readonly string[];
  /** What somebody should know before they write it so. */
  readonly notes: readonly string[];
}

/** The answer about awaits of one function. */
export interface SequentialAnswer {
  /** Whether the source could be read. */
  readonly read: boolean;
  /** Groups that do not use each other's results; empty where there are none. */
  readonly groups: readonly IndependentAwaits[];
  /** Why there is no group, or why awaits were left out of one: sentences. */
  readonly reasons: readonly string[];
}

/** The answer about a loop around an await. */
export interface LoopAnswer {
  /** Whether the source could be read. */
  readonly read: boolean;
  /** Whether the loop does nothing but wait until a condition is true. */
  readonly polls: boolean;
  /** Whether no iteration needs what another one did. */
  readonly independent: boolean;
  /** Why not, or what to know. */
  readonly reasons: readonly string[];
  /** First and last line of the loop, where there is one. */
  readonly line?: number;
  readonly endLine?: number;
  /** What replaces these lines, for the number of iterations at once that was asked for. */
  readonly code?: string;
  readonly imports?: readonly string[];
}

/** The answer about the place where a limit is set. */
export interface LimitAnswer {
  readonly file: string;
  readonly line: number;
  readonly endLine: number;
  /** The lines with the new limit. */
  readonly code: string;
}

/** Reads the source that a trace is about. Answers are about the file as it is now; it says so if it was changed since. */
export interface SourceReader {
  /** Which awaits of one function, in the order in which they ran, are independent of each other. */
  sequential(file: string, awaits: readonly AwaitPosition[]): SequentialAnswer;
  /** Whether the innermost loop around the await has iterations that are independent of each other. */
  loop(file: string, at: AwaitPosition, limit: number): LoopAnswer;
  /** Where one of the files makes the resource with its capacity, if that can be told: with one of `to` instead. */
  limit(files: readonly string[], resource: Resource, to: number): LimitAnswer | undefined;
  /** The text of the file; undefined where it can't be read. */
  text(file: string): string | undefined;
}
