/** Errors that nobody looked at yet: reported when their task or future is collected, or when its loop closes. */
import type { Loop } from "../kernel/loop.ts";
import type { Task } from "../types.ts";
import { madeAt } from "./spawn-sites.ts";

interface Unretrieved {
  readonly loop: Loop;
  readonly message: string;
  readonly error: unknown;
  readonly task: WeakRef<Task<unknown>> | undefined;
}

const entries = /* @__PURE__ */ new WeakMap<object, Unretrieved>();
const byLoop = /* @__PURE__ */ new WeakMap<Loop, Set<Unretrieved>>();
let registry: FinalizationRegistry<Unretrieved> | undefined; // made with the first: it is slow, and failures are rare

/** Remembers that the owner failed with the error. */
export function remember(owner: object, loop: Loop, message: string, error: unknown, task?: Task<unknown>): void {
  // Its place is read now: when it is told, the task may be gone.
  const entry: Unretrieved = { loop, message: message + madeAt(owner), error, task: task && new WeakRef(task) };
  let open = byLoop.get(loop);
  if (!open) byLoop.set(loop, (open = new Set()));
  open.add(entry);
  entries.set(owner, entry);
  registry ??= new FinalizationRegistry(tell);
  registry.register(owner, entry, owner);
}

/** Somebody looked. */
export function forget(owner: object): void {
  const entry = entries.get(owner);
  if (!entry) return;
  entries.delete(owner);
  byLoop.get(entry.loop)?.delete(entry);
  registry?.unregister(owner);
}

/** Reports what is left on the loop. */
export function reportUnretrieved(loop: Loop): void {
  for (const entry of byLoop.get(loop) ?? []) tell(entry);
}

function tell(entry: Unretrieved): void {
  const { loop, message, error } = entry;
  if (!byLoop.get(loop)?.delete(entry)) return;
  const task = entry.task?.deref();
  loop.report({ kind: "unretrieved-error", message, error, ...(task && { task }) });
}
