/** What each runtime runs: replays the recorded programs, and tells what it saw and which runtime it is. Needs nothing of its host. */
import type { Recorded } from "../program.ts";
import { replayAll } from "../replay.ts";
import { describeHost } from "./host.ts";
import type { Report } from "./report-line.ts";

const examplesShown = 3;

/** A program takes milliseconds; one that takes this long has lost its wake-up. */
const longestProgramMs = 15_000;

/**
 * The mismatches, or up to the first program that does not end. The timer also keeps Node awake, which would otherwise wake a loop that is
 * stuck by telling it that the process ends, as no other runtime does.
 */
async function replayWatched(recorded: readonly Recorded[]): Promise<readonly string[]> {
  const mismatches: string[] = [];
  for (const one of recorded) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), longestProgramMs);
    });
    const found = await Promise.race([replayAll([one]), tooLong]);
    clearTimeout(timer);
    if (found === undefined) return [`${one.name}: has not ended after ${longestProgramMs / 1000} s`, ...mismatches];
    mismatches.push(...found);
  }
  return mismatches;
}

export async function replayHere(recorded: readonly Recorded[]): Promise<Report> {
  const mismatches = await replayWatched(recorded);
  return {
    host: describeHost(),
    programs: recorded.length,
    mismatches: mismatches.length,
    examples: mismatches.slice(0, examplesShown),
  };
}
