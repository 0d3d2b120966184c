/** What a work is: a name, whom Brigade is compared with, and how its figure comes about. */
import type { Figure } from "./program.ts";

export type Peer = "brigade" | "native" | "effect" | "effection" | "asyncio";

/** One column to compare with: a peer, or the same peer in another way. */
export interface Rival {
  /** What the table calls it. */
  readonly label: string;
  readonly peer: Peer;
  /** The bound on brigade/rival, where there is one. */
  readonly atMost?: number;
  /** Another program than the work's own. */
  readonly program?: string;
  /** Fewer units of work, where a run would take too long. The figure is per operation, so that it compares. */
  readonly count?: number;
  /** A footnote on how this rival does the work. */
  readonly note?: string;
}

interface Described {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly rivals: readonly Rival[];
  /** The bound on Brigade's own figure, where there is one. */
  readonly limit?: number;
}

/** A work that programs do, in a process of each peer. */
export interface ProgramWork extends Described {
  readonly kind: "program";
  readonly module: string;
  readonly count: number;
  /** What a right program gives, unless the figure is its own. */
  readonly expected?: (count: number) => number;
  readonly figure: Figure;
  /** From a run's figure to the unit of the table. */
  readonly scale: (figure: number, count: number) => number;
  /** `kept`: one process for all rounds. `fresh`: a new one each round, so that nothing is left from the one before. */
  readonly process: "kept" | "fresh";
}

/** A work that the bench measures from outside. */
interface OutsideWork extends Described {
  readonly kind: "size" | "startup";
}

export type Work = ProgramWork | OutsideWork;
