/** What is left half read when main ends: tasks are cancelled first, and what they left open is closed after them. */
import { createTask, run, sleep, stream } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

test("a stream that a straggler reads is closed after the straggler has cleaned up", async () => {
  const seen: string[] = [];
  const numbers = stream(function* () {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      yield* sleep(5);
      seen.push("stream closed");
    }
  });
  await run(
    function* () {
      const source = numbers();
      const straggler = function* () {
        try {
          yield* source.next();
          yield* sleep("1h");
        } finally {
          seen.push(`read ${(yield* source.next()).value} in cleanup`);
        }
      };
      createTask(straggler());
      yield* sleep(1);
    },
    { clock: virtualClock() },
  );
  expect(seen).toEqual(["read 1 in cleanup", "stream closed"]);
});
