/** Has busy and idle pool processes and subprocesses, prints their pids, and waits to be killed. Told a file for notes. */
import { type CoroutineBody, createTask, gather, run, sleep, use } from "brigade";
import { processPool, spawn, threadPool } from "brigade/node";

type Work = typeof import("./obedient-worker.ts");
const [, , notes = "", how = "wait"] = process.argv;
const work = new URL("./obedient-worker.ts", import.meta.url);

await run(function* (): CoroutineBody<void> {
  const idle = processPool<Work>(work, { size: 1 });
  const waiting = processPool<Work>(work, { size: 1 });
  const threads = threadPool<Work>(work, { size: 1 });
  const pids = yield* gather([idle.call("processId"), waiting.call("processId"), threads.call("processId")]);
  createTask(waiting.call("stays", notes));
  createTask(threads.call("stays", notes));
  yield* use(spawn("sleep", ["1000"]), function* (child) {
    console.log(JSON.stringify({ pool: pids.slice(0, 2), subprocess: child.pid }));
    if (how === "exit") process.exit(0);
    if (how === "throw") setImmediate(() => JSON.parse("not JSON"));
    yield* sleep("1h");
  });
});
