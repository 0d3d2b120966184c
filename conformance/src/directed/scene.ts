/** A scene: one operation in one state of the things around it. Moments make programs of it. */
import type { ObjectSpec, Op, StreamOp } from "../program.ts";

export interface Scene {
  /** The operation that is looked at. */
  readonly operation: StreamOp["op"];
  /** What it meets. */
  readonly state: string;
  readonly objects?: Readonly<Record<string, ObjectSpec>>;
  readonly functions?: Readonly<Record<string, readonly Op[]>>;
  readonly streams?: Readonly<Record<string, readonly StreamOp[]>>;
  /** What is done before the operation's task is started. */
  readonly given?: readonly Op[];
  /** The operation, and what must stand before it in the same task. */
  readonly ops: readonly Op[];
  /** What somebody else does that ends its wait, or the milliseconds after which it ends by itself. */
  readonly ends: readonly Op[] | number;
}

/** Scenes of one operation, by their states. */
export function scenesOf(
  operation: Scene["operation"],
  states: Readonly<Record<string, Omit<Scene, "operation" | "state">>>,
): readonly Scene[] {
  return Object.entries(states).map(([state, scene]) => ({ operation, state, ...scene }));
}
