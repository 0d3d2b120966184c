/** Serves the jobs of an open broker: claims, performs, stops gracefully. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  getRunningLoop,
  shield,
  type Task,
  Event,
  use,
  wait,
} from "brigade";
import { processPool } from "brigade/node";
import type { Broker } from "../engine/engine.ts";
import { type AttemptPool, Performer } from "../perform/performer.ts";
import type { Registry } from "../perform/registry.ts";
import type { WorkerEvent } from "./events.ts";

export interface ServeSetup {
  readonly broker: Broker;
  /** Of the module that exports the tasks; processes load it by this. */
  readonly address: string;
  readonly tasks: Registry;
  readonly queue: string;
  readonly concurrency: number;
  /** In ms. */
  readonly lease: number;
  /** In ms: what runs when the worker stops has this long to end; what is cancelled in the pool, too. */
  readonly grace: number;
  readonly stop: Event | undefined;
  /** Hears what becomes of attempts. */
  readonly event: ((event: WorkerEvent) => void) | undefined;
}

/** The module that runs in the pool's processes: built beside this one, or as its source. */
const POOL_MODULE: URL = new URL(
  import.meta.url.endsWith(".ts") ? "../perform/pool-module.ts" : "../perform/pool-module.js",
  import.meta.url,
);
const POOL_GRACE = 5_000; // ms, at most

/** Serves until `stop` is set, or it is cancelled; both end as `worker` says. Throws what the engine can't go on after. */
export const serve: (setup: ServeSetup) => Coroutine<void> = /* @__PURE__ */ coroutine(function* serve(
  setup: ServeSetup,
): CoroutineBody<void> {
  // Runtimes without a pool of processes serve tasks that need none.
  if (![...setup.tasks.values()].some(({ runs }) => runs === "process")) return yield* consuming(setup, undefined);
  const pool: AttemptPool = processPool<{ attempt: typeof import("../perform/pool-module.ts").attempt }>(POOL_MODULE, {
    size: setup.concurrency,
    grace: Math.min(setup.grace, POOL_GRACE),
    name: `tasks of ${setup.address.replace(/^.*\//, "")}`,
  });
  yield* use(pool, (open) => consuming(setup, open));
});

const consuming = coroutine(function* consume(setup: ServeSetup, pool: AttemptPool | undefined): CoroutineBody<void> {
  const performer = new Performer({ ...setup, loop: getRunningLoop(), pool });
  const stopping = new Event();
  const { concurrency, lease } = setup;
  const consumer = createTask(
    setup.broker.consume({ concurrency, lease, stopping }, (claim) => performer.perform(claim)),
    {
      name: "worker",
    },
  );
  const asked = createTask((setup.stop ?? new Event()).wait());
  try {
    // wait() cancels nothing: a cancelled worker stops as gently as one that was asked to.
    yield* wait([consumer, asked], { returnWhen: "first-completed" });
  } finally {
    asked.cancel();
    yield* shield(stopGently(performer, stopping, setup.grace, consumer));
    if (!consumer.cancelled) consumer.result();
  }
});

/** Claims nothing more; what runs has `grace` to end, and is then handed back. */
const stopGently = coroutine(function* stop(
  performer: Performer,
  stopping: Event,
  grace: number,
  consumer: Task<void>,
): CoroutineBody<void> {
  stopping.set();
  yield* wait([consumer], { timeout: grace });
  performer.stop();
  yield* wait([consumer]);
});
