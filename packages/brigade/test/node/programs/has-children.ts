/** Has idle, waiting and spinning pool processes, a busy thread and a subprocess, prints their pids, and waits to be killed. Told a file for notes. */
import { existsSync, readFileSync } from "node:fs";
import { type CoroutineBody, createTask, gather, run, sleep, use } from "brigade";
import { processPool, spawn, threadPool } from "brigade/node";

type Work = typeof import("./obedient-worker.ts");
const [, , notes = "", how = "wait"] = process.argv;
const work = new URL("./obedient-worker.ts", import.meta.url);

await run(function* (): CoroutineBody<void> {
  const idle = processPool<Work>(work, { size: 1 });
  const waiting = processPool<Work>(work, { size: 1 });
  const spinning = processPool<Work>(work, { size: 1 });
  const threads = threadPool<Work>(work, { size: 1 });
  const pids = yield* gather([idle, waiting, spinning].map((pool) => pool.call("processId")));
  createTask(waiting.call("stays", notes));
  createTask(spinning.call("spins", notes));
  createTask(threads.call("stays", notes));
  while (!existsSync(notes) || readFileSync(notes, "utf8").split("\n").length < 4) yield* sleep(5);
  yield* use(spawn("sleep", ["1000"]), function* (child) {
    console.log(JSON.stringify({ pool: pids, subprocess: child.pid }));
    if (how === "exit") process.exit(0);
    if (how === "throw") setImmediate(() => JSON.parse("not JSON"));
    yield* sleep("1h");
  });
});
