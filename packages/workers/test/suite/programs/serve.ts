/** A worker in a process of its own: `serve.ts <engine> <options as JSON>`. Says "ready", and stops gently on SIGTERM. */
import { run } from "brigade";
import { engineFrom, worker } from "@brigade/workers";

interface Settings {
  readonly queue: string;
  readonly concurrency: number;
  readonly lease: number;
  readonly grace: number;
}

const [, , place = "", json = "{}"] = process.argv;
const settings = JSON.parse(json) as Settings;

await run(
  worker(new URL("../tasks.ts", import.meta.url), {
    ...settings,
    engine: engineFrom(place),
    onReady: () => console.log("ready"),
    onEvent: () => {},
  }),
  { handleSignals: true },
).catch((error: unknown) => {
  if ((error as Error).name !== "CancelledError") throw error;
});
