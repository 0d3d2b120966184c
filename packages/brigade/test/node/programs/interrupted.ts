/** Has busy workers of both kinds and a busy subprocess, and ends in good order on SIGINT and SIGTERM. Told a file for notes. */
import { CancelledError, type CoroutineBody, createTask, run, sleep, use } from "brigade";
import { processPool, spawn, threadPool } from "brigade/node";

type Work = typeof import("./obedient-worker.ts");
const [, , notes = ""] = process.argv;
const work = new URL("./obedient-worker.ts", import.meta.url);

function* main(): CoroutineBody<void> {
  const threads = threadPool<Work>(work, { size: 1, grace: "5s" });
  const processes = processPool<Work>(work, { size: 1, grace: "5s" });
  createTask(threads.call("unwinds", notes));
  createTask(processes.call("unwinds", notes));
  const script = `trap 'echo "subprocess cleaned up" >> "$0"; exit' TERM; echo begun >> "$0"; while :; do sleep 0.02; done`;
  yield* use(spawn("sh", ["-c", script, notes]), () => sleep("1h"));
}

try {
  await run(main, {
    handleSignals: true,
    onReport: ({ kind, message }) => console.log(JSON.stringify(`${kind}: ${message}`)),
  });
} catch (error) {
  console.log(JSON.stringify(error instanceof CancelledError ? "cancelled" : String(error)));
}
