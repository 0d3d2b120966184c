/** What advice says: which lines to change, to what, and how much sooner the program would end by the replay. */
import type { SourceReader } from "./source.ts";

/** What advice is about. */
export type AdviceKind =
  | "sequential-awaits"
  | "sequential-loop"
  | "blocking-step"
  | "bottleneck"
  | "polling"
  | "unawaited-task"
  | "critical-path";

/** One thing to change. Times are milliseconds. */
export interface Advice {
  readonly kind: AdviceKind;
  /** One sentence, with its numbers. */
  readonly title: string;
  /** Where: a path as it stands in stacks. */
  readonly file?: string;
  readonly line?: number;
  /** `code` replaces the lines from `line` to `endLine`, both included. */
  readonly endLine?: number;
  /** How much sooner the recorded program would have ended, by the replay. */
  readonly saving: number;
  /** How many times the place was run through. */
  readonly calls?: number;
  /** Medians over the calls: what one would save, of what it took. */
  readonly perCall?: { readonly saving: number; readonly of: number };
  /** Whole lines to write in place of those from `line` to `endLine`. Only where the source was read and allows it. */
  readonly code?: string;
  /** Names that `code` uses and that the file does not import from "brigade" yet. */
  readonly imports?: readonly string[];
  /** What the sentence does not say: reasons, conditions, what was not looked at. */
  readonly details: readonly string[];
  /** Tasks it is about, a sample where there are many. */
  readonly tasks?: readonly number[];
  /** Numbers of the places in the trace's table that it is about. */
  readonly places?: readonly number[];
}

/** All advice on a trace, and what it amounts to. Times are milliseconds. */
export interface AdviceReport {
  /** Sorted by `saving`, the greatest first; the piece on the critical path, which is no change to make, stands last. */
  readonly advice: readonly Advice[];
  /** How long the recorded program took, from its first event to its last. */
  readonly recorded: number;
  /** How long the replay of the unchanged trace took: how far it is from `recorded` is how far the savings can be trusted. */
  readonly replayed: number;
  /** How long the program would take with all of the advice that has `code`, or another definite change, applied at once. */
  readonly together: number;
  /** The critical path in words, the longest parts first: also there when there is no advice. */
  readonly criticalPath: readonly string[];
  /** What the numbers assume, and what of the trace was missing: sentences. */
  readonly assumptions: readonly string[];
}

/** What `advise` and `adviceReport` look at beside the trace. */
export interface AdviseOptions {
  /** Reads the program's source. Without one no advice says what to write, and those on awaits say that nobody looked. */
  readonly source?: SourceReader;
  /** Advice that saves less is left out: milliseconds. Unless given: 1, or a hundredth of the program's time where that is more. */
  readonly minSaving?: number;
}
