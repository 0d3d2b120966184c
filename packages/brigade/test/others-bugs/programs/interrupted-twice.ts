/** Has a cleanup that never ends. */
import { run, sleep } from "brigade";

await run(
  function* () {
    try {
      console.log("ready");
      yield* sleep("1h");
    } finally {
      console.log("cleanup began");
      yield* sleep("1h");
      console.log("cleanup ended");
    }
  },
  { handleSignals: true },
);
