/** A worker in a process of its own: `serve.ts <engine> <options as JSON>`. Stops gracefully on SIGTERM. */
import { run } from "brigade";
import { engineFrom, worker } from "@brigade/workers";

const [, , engine = "", options = "{}"] = process.argv;
await run(
  worker(new URL("./tasks.ts", import.meta.url), {
    engine: engineFrom(engine),
    ...(JSON.parse(options) as { queue: string; concurrency: number; lease: number; grace: number }),
  }),
  { handleSignals: true },
);
