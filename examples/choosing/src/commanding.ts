/** Other programs: run at once while the loop goes on, and ended with the task that started them. */
import { execFileSync } from "node:child_process";
import { coroutine, gather, moveOnAfter, run, use } from "brigade";
import { exec, spawn } from "brigade/node";
import { headings, row, timed } from "./stopwatch.ts";

const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
const script = 'sleep 0.05; echo "$1"';

const commanded = coroutine(function* (number: number) {
  const { stdout } = yield* exec("sh", ["-c", script, "sh", String(number)]);
  return stdout.trim();
});

await run(function* () {
  console.log("8 commands that take 50 ms each");
  console.log(headings);
  const here = yield* timed(function* () {
    return numbers.map((number) =>
      execFileSync("sh", ["-c", script, "sh", String(number)], { encoding: "utf8" }).trim(),
    );
  });
  console.log(row("execFileSync", here));
  const inTurn = yield* timed(() => gather(numbers.map(commanded), { limit: 1 }));
  console.log(row("exec, one at a time", inTurn));
  const atOnce = yield* timed(() => gather(numbers.map(commanded)));
  console.log(row("exec, all at once", atOnce));
  console.log(`the same output: ${new Set([here, inTurn, atOnce].map(({ value }) => String(value))).size === 1}`);

  const twoSleepers = spawn("sh", ["-c", "sleep 60 & sleep 60"]);
  const givenUp = yield* timed(() =>
    moveOnAfter(
      "50ms",
      use(twoSleepers, (process) => process.wait()),
    ),
  );
  console.log(row("given up after 50 ms", givenUp));
});
