/** What each runtime that has node:* runs: threads, processes, files, sockets, signals. It prints what it saw otherwise than it should. */
import { coroutine, type CoroutineBody, run, timeout } from "brigade";
import { describeHost } from "../host.ts";
import { reportLine } from "../report-line.ts";
import type { Check } from "./check.ts";
import { fileChecks, socketChecks } from "./outside.ts";
import { poolChecks } from "./pools.ts";
import { processChecks } from "./processes.ts";
import { loopChecks } from "./watching.ts";

const checks: readonly Check[] = [...poolChecks, ...processChecks, ...fileChecks, ...socketChecks, ...loopChecks];

const mismatchOf = coroutine(function* mismatchOf(check: Check): CoroutineBody<string[]> {
  try {
    const seen = JSON.stringify(yield* timeout("15s", check.sees()));
    const expected = JSON.stringify(check.expected);
    return seen === expected ? [] : [`${check.claim}: saw ${seen}, and not ${expected}`];
  } catch (error) {
    return [`${check.claim}: ${String(error)}`];
  }
});

const mismatches: string[] = [];
for (const check of checks) mismatches.push(...(await run(mismatchOf(check), { onReport: () => {} })));
console.log(
  reportLine({
    host: describeHost(),
    programs: checks.length,
    mismatches: mismatches.length,
    examples: mismatches.slice(0, 5),
  }),
);
