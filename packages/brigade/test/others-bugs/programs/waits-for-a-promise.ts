/** Waits for a promise that nobody can settle. */
import { coroutine, fromPromise, run } from "brigade";

const waiting = coroutine(function* waitingForPromise() {
  try {
    yield* fromPromise(new Promise<never>(() => {}));
  } finally {
    console.log("unwound");
  }
});

await run(waiting());
