/** Waiting: one thread waits for a hundred answers as easily as for one. */
import { coroutine, gather, run, sleep } from "brigade";
import { headings, row, timed } from "./stopwatch.ts";

/** Stands for a request that takes 10 ms, all of them waiting. */
const ask = coroutine(function* ask(id: number) {
  yield* sleep("10ms");
  return id * id;
});

const ids = Array.from({ length: 100 }, (_, id) => id);

const oneAfterAnother = coroutine(function* oneAfterAnother() {
  const answers: number[] = [];
  for (const id of ids) answers.push(yield* ask(id));
  return answers;
});

await run(function* () {
  console.log("100 requests of 10 ms each");
  console.log(headings);
  const slow = yield* timed(oneAfterAnother);
  console.log(row("one after another", slow));
  console.log(row("10 at a time", yield* timed(() => gather(ids.map(ask), { limit: 10 }))));
  const fast = yield* timed(() => gather(ids.map(ask)));
  console.log(row("all at once", fast));
  console.log(`the same answers: ${String(slow.value) === String(fast.value)}`);
});
