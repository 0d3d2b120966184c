/** Replays a trace in virtual time: what would have been, had something been otherwise. */
import type { Trace } from "../format/reader.ts";
import { TICKS } from "../format/schema.ts";
import { compile } from "./compile.ts";
import { simulate } from "./simulate.ts";

/** What is otherwise in a replay. */
export interface ReplayChanges {
  /** So many more permits, places or room, by the number of the resource in the trace. */
  readonly more?: ReadonlyMap<number, number>;
  /** Waits at a place that only time, or the host, has ended take so much of their time: by the number of the place. */
  readonly factor?: ReadonlyMap<number, number>;
}

/** What a replay came to. Times are milliseconds from the first event. */
export interface ReplayResult {
  /** How long the recorded program took. */
  readonly recorded: number;
  /** How long it takes in the replay. */
  readonly replayed: number;
  /** When each task ends, by its number in the trace. */
  readonly ends: ReadonlyMap<number, number>;
  /** Waits that the replay had to break off, because what ends them in the recording never came: 0 for a trustworthy one. */
  readonly brokenOff: number;
}

/**
 * Runs the recorded program again, without its code: each step takes as long as it did, each wait ends by what ended it:
 * another task, a permit, an item, or its own time. Permits, limits and queues are respected, first come, first served. A
 * trace without changes ends as recorded: exactly so with a virtual clock, within some percent with a real one.
 *
 * @example
 * ```ts
 * import { coroutine, gather, run, Semaphore, sleep } from "brigade";
 * import { readTrace, recorder, replay } from "brigade/trace";
 *
 * const permits = new Semaphore(2, { name: "api" });
 * const call = coroutine(function* call() {
 *   using _ = yield* permits.acquire();
 *   yield* sleep("10ms");
 * });
 * const observer = recorder();
 * await run(gather([call(), call(), call()]), { observer });
 * const trace = readTrace(observer.bytes());
 * const api = trace.resources.findIndex(({ name }) => name === "api");
 * const { recorded, replayed } = replay(trace, { more: new Map([[api, 1]]) });
 * console.log(replayed < recorded);
 * ```
 */
export function replay(trace: Trace, changes: ReplayChanges = {}): ReplayResult {
  const program = compile(trace);
  const { end, ends, forced } = simulate(program, changes);
  const byTask = new Map<number, number>();
  for (let task = 1; task <= program.tasks; task++) {
    const time = ends[task] as number;
    if (!Number.isNaN(time)) byTask.set(program.ids[task] as number, (time - program.begin) / TICKS);
  }
  return {
    recorded: (program.end - program.begin) / TICKS,
    replayed: (end - program.begin) / TICKS,
    ends: byTask,
    brokenOff: forced,
  };
}
