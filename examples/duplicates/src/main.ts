/**
 * Finds the customers that stand twice in a CSV file, with typing errors, on all cores: `main.ts customers.csv duplicates.csv`.
 * Ctrl-C stops it at once and leaves no half-written file.
 */
import { availableParallelism } from "node:os";
import { CancelledError, coroutine, forEach, run, use } from "brigade";
import { FileError, readLines, threadPool, writeAtomic } from "brigade/node";
import type { Pair } from "./compare.ts";
import { sample } from "./customers.ts";
import { Progress } from "./progress.ts";

type Compare = typeof import("./compare.ts");

const [input = "customers.csv", output = "duplicates.csv"] = process.argv.slice(2);
const rowsInCall = 50;

const countRows = coroutine(function* countRows(file: string) {
  let rows = -1; // the first is the heading
  yield* forEach(readLines(file), () => void rows++);
  return Math.max(rows, 0);
});

const findDuplicates = coroutine(function* findDuplicates(file: string, rows: number) {
  const blocks = Array.from({ length: Math.ceil(rows / rowsInCall) }, (_, index) => {
    const from = index * rowsInCall;
    return { file, from, to: Math.min(from + rowsInCall, rows), most: 2 };
  });
  const progress = new Progress(blocks.length);
  const found: Pair[] = [];
  const pool = threadPool<Compare>(new URL("./compare.ts", import.meta.url), { size: availableParallelism() });
  try {
    yield* use(pool, (workers) =>
      forEach(workers.map("duplicatesIn", blocks), (pairs) => {
        found.push(...pairs);
        progress.advance(found.length);
      }),
    );
  } finally {
    progress.end();
  }
  return found;
});

const main = coroutine(function* main() {
  if (process.argv.length <= 2) yield* sample(input);
  const rows = yield* countRows(input);
  console.log(`comparing ${rows} customers on ${availableParallelism()} threads`);
  const begun = performance.now();
  const found = yield* findDuplicates(input, rows);
  const lines = found.map(({ first, second, distance }) => `${first},${second},${distance}\n`);
  yield* writeAtomic(output, ["first,second,distance\n", ...lines]);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${found.length} pairs among ${rows} customers in ${seconds} s: ${output}`);
});

try {
  await run(main(), { handleSignals: true });
} catch (error) {
  if (error instanceof CancelledError) console.log("stopped: nothing was written");
  else if (error instanceof FileError) console.error(error.message);
  else throw error;
  process.exitCode = 1;
}
