/** Advice on a trace, worked out in a thread: the server answers meanwhile. */
import { run, use } from "brigade";
import { threadPool } from "brigade/node";
import type { Advice } from "brigade/trace";

/** Aborting ends the thread. */
export async function adviceOn(bytes: Uint8Array, signal: AbortSignal): Promise<readonly Advice[]> {
  // As TypeScript where this file is run as such, as JavaScript where it was built.
  const module = new URL(
    import.meta.url.endsWith(".ts") ? "./advice-thread.ts" : "./advice-thread.js",
    import.meta.url,
  );
  const pool = threadPool<typeof import("./advice-thread.ts")>(module, { size: 1 });
  return run(
    use(pool, (threads) => threads.call("adviceFrom", bytes)),
    { signal },
  );
}
