/** A process whose loop is blocked for 300 ms under a watchdog. Just before, it writes `begun TIME FILE:LINE`. */
import { readFileSync, writeSync } from "node:fs";
import { coroutine, run, sleep, use } from "brigade";
import { watchBlocking } from "brigade/node";

const BLOCK_MS = 300;

function spinUntil(end: number): void {
  while (performance.now() < end);
}

/** The first line here that spins: it is the one to be named. */
const source: readonly string[] = readFileSync(new URL(import.meta.url), "utf8").split("\n");
const place: string = `blocked.ts:${source.findIndex((line) => line.includes("while (")) + 1}`;

const block = coroutine(function* () {
  const begun = performance.now();
  writeSync(1, `begun ${performance.timeOrigin + begun} ${place}\n`);
  spinUntil(begun + BLOCK_MS);
});

await run(
  use(watchBlocking({ threshold: "100ms" }), function* () {
    // The watchdog's thread takes a moment to start, and the block is to begin in a loop that runs.
    yield* sleep("500ms");
    yield* block();
  }),
);
