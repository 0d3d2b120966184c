/** A buffer of 10 MB to a thread of brigade/node, transferred or copied. */
import { run, use } from "brigade";
import { threadPool, transfer } from "brigade/node";
import { assertGone, assertMarked, newLoad, residentMegabytes, WARM_UP_TRIPS } from "../../node/ferry.ts";
import type { Programs } from "../../program.ts";

const ferry: URL = new URL("ferry.ts", import.meta.url);

/** Milliseconds of `count` trips there and back. */
function trips(count: number, isTransferred: boolean): Promise<number> {
  return run(
    use(threadPool<typeof import("./ferry.ts")>(ferry, { size: 1 }), function* (pool) {
      let load: Uint8Array = newLoad();
      let begun = 0;
      for (let trip = 0; trip < WARM_UP_TRIPS + count; trip++) {
        if (trip === WARM_UP_TRIPS) begun = performance.now();
        const sent = load;
        load = yield* isTransferred ? pool.call("transferBack", transfer(sent)) : pool.call("copyBack", sent);
        assertGone(sent, isTransferred);
      }
      const ms = performance.now() - begun;
      assertMarked(load, WARM_UP_TRIPS + count);
      return ms;
    }),
  );
}

/** Megabytes by which the process grew while it handed out so many loads. It keeps what it has not given away. */
function growth(count: number, isTransferred: boolean): Promise<number> {
  return run(
    use(threadPool<typeof import("./ferry.ts")>(ferry, { size: 1 }), function* (pool) {
      const loads = Array.from({ length: count }, newLoad);
      yield* pool.call("keep", new Uint8Array());
      const before = residentMegabytes();
      for (const load of loads) {
        yield* pool.call("keep", isTransferred ? transfer(load) : load);
        assertGone(load, isTransferred);
      }
      return residentMegabytes() - before;
    }),
  );
}

export const programs: Programs = {
  "transfer-time": (count) => trips(count, true),
  "transfer-time-copied": (count) => trips(count, false),
  "transfer-memory": (count) => growth(count, true),
  "transfer-memory-copied": (count) => growth(count, false),
};
