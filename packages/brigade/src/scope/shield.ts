/** A scope that holds requests from outside back until it has ended. */
import { scopeFrame } from "../task/body.ts";
import type { Drivable, Frame, Scope } from "../task/frame.ts";
import type { Awaitable, AwaitableLike } from "../types.ts";

const shielding: Scope = {
  shields: true,
  requested: false,
  entered: (_task, frame: Frame): Drivable => frame.generator,
  left() {},
  unwound: () => undefined,
};

/**
 * Runs the body to its end. A cancellation of the task, and the expiry or failure of a scope around, is held back
 * until then, and then delivered; an error of the body is then the outcome. Unlike asyncio.shield nothing runs on
 * detached.
 */
export function shield<T>(body: AwaitableLike<T>): Awaitable<T> {
  return scopeFrame(body, shielding, "shield") as Frame<T>;
}
