/** Abort signals that fire when frames are to be unwound: one, on demand, for each scope that asks. */
import { CancelledError } from "../errors.ts";
import { type Frame, type RunningTask, UNWINDING } from "./frame.ts";

const controllers = /* @__PURE__ */ new WeakMap<object, AbortController>();
let asked = false; // whether there is, or was, one: most programs never ask

/** A frame whose signal is its own: a scope that can be unwound, or one in cleanup, which nothing cuts short. */
function ownsSignal(frame: Frame): boolean {
  return frame.state === UNWINDING || (frame.scope !== undefined && !frame.scope.shields);
}

/** The signal of the innermost scope around the task's top frame; of the task, outside any. */
export function signalOf(task: RunningTask): AbortSignal {
  let frame = task.top;
  while (frame && !ownsSignal(frame)) {
    if (frame.scope?.shields) return new AbortController().signal;
    frame = frame.parent;
  }
  const key: object = frame?.state === UNWINDING ? {} : (frame?.scope ?? task);
  let controller = controllers.get(key);
  asked = true;
  if (!controller) controllers.set(key, (controller = new AbortController()));
  return controller.signal;
}

/** The scope, or the task, wants its frames unwound: fires their signals, but for those behind a shield or in cleanup. */
export function fireSignals(task: RunningTask, requester: object, reason: unknown): void {
  if (!asked) return;
  const firing: object[] = [];
  for (let frame = task.top; frame; frame = frame.parent) {
    if (frame.state === UNWINDING || frame.scope?.shields) firing.length = 0;
    else if (frame.scope) firing.push(frame.scope);
    if (frame.scope === requester) break;
  }
  if (requester === task) firing.push(task);
  for (const key of firing) controllers.get(key)?.abort(new CancelledError(undefined, reason));
}
