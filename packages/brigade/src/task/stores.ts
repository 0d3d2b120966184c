/** AsyncLocalStorage stores of each task's creator, for runs that ask for them: every step runs in a snapshot. */
import { host } from "../kernel/host.ts";

const snapshots = /* @__PURE__ */ new WeakMap<object, (step: () => void) => void>();

/** The task's steps will see the stores that this code sees. */
export function keepStores(task: object): void {
  const snapshot = host.snapshot();
  if (snapshot) snapshots.set(task, snapshot);
}

export function withStores(task: object, step: () => void): void {
  const snapshot = snapshots.get(task);
  if (snapshot) snapshot(step);
  else step();
}
