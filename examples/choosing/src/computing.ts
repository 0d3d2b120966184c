/** Computing: on the loop it stops everything else; threads and processes use the other cores. */
import { gather, run, use } from "brigade";
import { type Pool, processPool, threadPool } from "brigade/node";
import { primesBelow } from "./jobs/primes.ts";
import { headings, row, timed } from "./stopwatch.ts";

type Primes = typeof import("./jobs/primes.ts");

const file = new URL("./jobs/primes.ts", import.meta.url);
const jobs = [1_000_000, 1_000_000, 1_000_000, 1_000_000];

const inPool = function* (pool: Pool<Primes>) {
  yield* gather(jobs.map(() => pool.call("primesBelow", 2))); // the workers have started: that is not what is timed
  return yield* timed(() => gather(jobs.map((end) => pool.call("primesBelow", end))));
};

await run(function* () {
  console.log("4 computations, 2 workers");
  console.log(headings);
  const onLoop = yield* timed(function* () {
    return jobs.map(primesBelow);
  });
  console.log(row("on the loop", onLoop));
  const threads = yield* use(threadPool<Primes>(file, { size: 2 }), inPool);
  console.log(row("threadPool", threads));
  const processes = yield* use(processPool<Primes>(file, { size: 2 }), inPool);
  console.log(row("processPool", processes));
  const counts = [onLoop, threads, processes].map(({ value }) => String(value));
  console.log(`primes found: ${counts[0]}; the same everywhere: ${new Set(counts).size === 1}`);
});
