/** What every runtime runs: traces, and what is made of them. It prints what it saw otherwise than it should. */
import { describeHost } from "../host.ts";
import { reportLine } from "../report-line.ts";
import { checks, type TraceCheck } from "./checks.ts";

async function mismatchOf({ claim, sees, expected }: TraceCheck): Promise<string[]> {
  try {
    const [seen, wanted] = [JSON.stringify(await sees()), JSON.stringify(expected)];
    return seen === wanted ? [] : [`${claim}: saw ${seen}, and not ${wanted}`];
  } catch (error) {
    return [`${claim}: ${String(error)}`];
  }
}

const mismatches: string[] = [];
for (const check of checks) mismatches.push(...(await mismatchOf(check)));
console.log(
  reportLine({
    host: describeHost(),
    programs: checks.length,
    mismatches: mismatches.length,
    examples: mismatches.slice(0, 5),
  }),
);
