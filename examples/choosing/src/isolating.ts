/** Isolation: what crashes, or takes memory and does not give it back, does it in a process of its own. */
import { run, use } from "brigade";
import { processPool, WorkerDiedError } from "brigade/node";

type Fragile = typeof import("./jobs/fragile.ts");

const file = new URL("./jobs/fragile.ts", import.meta.url);
const megabytes = (): number => process.memoryUsage.rss() / 2 ** 20;

await run(
  use(processPool<Fragile>(file, { size: 1, recycle: 2 }), function* (pool) {
    try {
      yield* pool.call("crash");
    } catch (error) {
      if (!(error instanceof WorkerDiedError)) throw error;
      console.log(`a call died: reason ${error.reason}, signal ${error.signal}`);
    }
    console.log(`the next call, in a new process: 1 + 2 = ${yield* pool.call("add", 1, 2)}`);
    const before = megabytes();
    console.log(`a worker holds ${yield* pool.call("hoard", 300)} MB and is then replaced, for recycle is 2`);
    console.log(`here the memory grew by ${Math.max(0, Math.round(megabytes() - before))} MB`);
  }),
);
