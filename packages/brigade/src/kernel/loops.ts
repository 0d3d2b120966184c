/** The loops of this process whose run is in progress, for whoever looks in from outside. */
import type { Loop } from "./loop.ts";

const loops = /* @__PURE__ */ new Set<Loop>();

/** In the order in which they were made. */
export const liveLoops: ReadonlySet<Loop> = loops;

export function noteLoop(loop: Loop): void {
  loops.add(loop);
}

export function forgetLoop(loop: Loop): void {
  loops.delete(loop);
}
