/** Is interrupted while tasks wait, cleans up with awaits, and then uses the same runner, and a new run, again. */
import { coroutine, createTask, gather, Runner, run, sleep, taskGroup } from "brigade";

const worker = coroutine(function* (name: string) {
  try {
    yield* sleep("1h");
  } finally {
    yield* sleep(10);
    console.log(`${name} cleaned up`);
  }
});

const runner = new Runner({ handleSignals: true });
try {
  await runner.run(function* () {
    yield* taskGroup(function* (group) {
      group.createTask(worker("child"));
      createTask(sleep("1h"));
      console.log("ready");
      yield* worker("main");
    });
  });
} catch (error) {
  console.log(`interrupted by ${error instanceof Error ? error.name : String(error)}`);
}
console.log(sentence(await runner.run(gather([sleep(1, "runner"), sleep(1, "works")]))));
await runner.close();
console.log(sentence(await run(gather([sleep(1, "run"), sleep(1, "works")]))));
console.log(`${process.listenerCount("SIGINT") + process.listenerCount("SIGTERM")} listeners left`);

function sentence(words: readonly string[]): string {
  return words.join(" ");
}
