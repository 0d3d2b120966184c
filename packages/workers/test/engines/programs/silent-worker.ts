/** A worker that claims jobs and never ends them: `silent-worker.ts <engine> <queue>`. It prints the id of each job that it has claimed. */
import { type CoroutineBody, coroutine, Event, run, sleep, use } from "brigade";
import type { Claim, Outcome } from "../../../src/engine/engine.ts";
import { pgBoss } from "../../../src/engines/pg-boss/index.ts";
import { local } from "../../../src/worker/local.ts";

const [place = "", queue = ""] = process.argv.slice(2);
const engine = place.startsWith("postgres:") ? pgBoss(place) : local(place);

const claimed = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
  process.stdout.write(`${claim.id}\n`);
  yield* sleep("1h");
  return { kind: "handed-back", after: 0 };
});

await run(
  use(engine.open({ queue, keep: 60_000, trouble: () => {} }), (broker) =>
    broker.consume({ concurrency: 1, lease: 1_000, stopping: new Event() }, claimed),
  ),
);
