/** A worker in a process of its own: `serve.ts <engine> <options as JSON> [<module>]`. Stops gracefully on SIGTERM. */
import { Event, run } from "brigade";
import { engineFrom, worker } from "@brigade/workers";

const [, , engine = "", options = "{}", module = "./tasks.ts"] = process.argv;
await run(function* () {
  const stop = new Event();
  process.once("SIGTERM", () => stop.set());
  yield* worker(new URL(module, import.meta.url), {
    engine: engineFrom(engine),
    stop,
    ...(JSON.parse(options) as { queue: string; concurrency: number; lease: number; grace: number }),
  });
});
