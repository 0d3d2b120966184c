/** Waits for a promise that nobody can settle, of a call that does not heed its signal. */
import { coroutine, fromPromise, run } from "brigade";

const waiting = coroutine(function* waitingForPromise() {
  try {
    yield* fromPromise((_signal) => new Promise<never>(() => {}));
  } finally {
    console.log("unwound");
  }
});

await run(waiting());
