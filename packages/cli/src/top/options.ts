/** What `brigade top` and `brigade dump` are asked to do. */
import type { Target } from "../attach/attach.ts";

export interface TopOptions {
  /** undefined: a list of the programs that can be watched is all that is wanted. */
  readonly target: Target | undefined;
  /** One picture as text, and no more. */
  readonly once: boolean;
  /** Milliseconds between two pictures. */
  readonly interval: number;
}

export interface DumpOptions {
  readonly target: Target;
}
