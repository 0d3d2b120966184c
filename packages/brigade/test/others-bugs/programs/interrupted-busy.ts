/** Is interrupted while a thousand tasks are never idle. */
import { coroutine, run, sleep, taskGroup } from "brigade";

let stopped = 0;
const busy = coroutine(function* () {
  try {
    for (;;) yield* sleep(0);
  } finally {
    stopped++;
  }
});

try {
  await run(
    taskGroup(function* (group) {
      for (let i = 0; i < 1000; i++) group.createTask(busy());
      yield* sleep(20);
      console.log("ready");
      yield* sleep("1h");
    }),
    { handleSignals: true },
  );
} catch {
  console.log(`${stopped} stopped`);
}
