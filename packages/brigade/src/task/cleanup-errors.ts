/** Errors that cleanups threw on the way down: kept for the frame that is unwound next, until nothing is left to unwind. */
import { ExceptionGroup } from "../errors.ts";
import type { Frame } from "./frame.ts";

const kept = /* @__PURE__ */ new WeakMap<Frame, unknown[]>();
let any = false; // whether there was one yet: looking in vain costs more than unwinding a frame

export function keepErrors(frame: Frame, errors: unknown[]): void {
  any = true;
  kept.set(frame, errors);
}

/** What was kept for the frame; a list that may be added to. */
export function errorsFor(frame: Frame): unknown[] {
  return (any && kept.get(frame)) || [];
}

/** What stands for several errors of an unwinding. */
export function oneOf(errors: readonly unknown[]): unknown {
  return errors.length === 1 ? errors[0] : new ExceptionGroup("several cleanups failed", errors);
}
