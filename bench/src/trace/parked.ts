/** A program that is watched: so many tasks that sleep. It says when all of them do, and ends with its input. */
import { coroutine, createTask, run, sleep } from "brigade";

const count = Number(process.argv[2]);

const sleeper = coroutine(function* () {
  yield* sleep("1h");
});

process.stdin.on("end", () => process.exit(0)).resume();
await run(function* () {
  const tasks = Array.from({ length: count }, () => createTask(sleeper()));
  yield* sleep(0);
  process.stdout.write("parked\n");
  for (const task of tasks) yield* task;
});
