/** A call of a coroutine, and the awaits in the source that it ran through. */

/** An await in the source. */
export interface Site {
  readonly name: string;
  /** Undefined where nobody has read it off. */
  readonly file: string | undefined;
  readonly line: number;
  readonly column: number;
  /** What the coroutine itself waits for there; "" where it calls another one that waits. */
  readonly kind: string;
  /** Which coroutine it calls there, or what it waits for: that is known where the line is not. */
  readonly callee: string;
}

/** One call of a coroutine. Steps are indexes into those of the program. */
export interface Call {
  readonly task: number;
  /** The step in which it first waited. */
  readonly firstStep: number;
  /** The step in which it ended; -1: it has not. */
  lastStep: number;
  /** What it awaited: indexes into `sites`, the step in which each await began, and the one in which it ended. */
  readonly sites: number[];
  readonly begins: number[];
  readonly ends: number[];
}

/** All calls of a program that ever waited. */
export interface Calls {
  readonly sites: readonly Site[];
  readonly calls: readonly Call[];
}
