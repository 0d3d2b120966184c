/** What each runtime runs: replays the recorded programs, and tells what it saw and which runtime it is. Needs nothing of its host. */
import type { Recorded } from "../program.ts";
import { replayAll } from "../replay.ts";

export interface Report {
  /** Where this ran, as the runtime itself says: "node 26.10.0". */
  readonly host: string;
  readonly programs: number;
  readonly mismatches: number;
  /** The first of them: a runtime that gets everything wrong has too much to say. */
  readonly examples: readonly string[];
}

const examplesShown = 3;

interface Hosts {
  readonly Deno?: { readonly version: { readonly deno: string } };
  readonly Bun?: { readonly version: string };
  readonly process?: { readonly versions: { readonly node: string } };
  readonly navigator?: { readonly userAgent: string };
}

/** Deno and Bun pretend to be Node, and Node has a navigator: so they are asked in this order. */
function describeHost(): string {
  const { Deno, Bun, process, navigator } = globalThis as unknown as Hosts;
  if (Deno !== undefined) return `deno ${Deno.version.deno}`;
  if (Bun !== undefined) return `bun ${Bun.version}`;
  if (process !== undefined) return `node ${process.versions.node}`;
  return `chromium ${/Chrome\/(\d+)/.exec(navigator?.userAgent ?? "")?.[1] ?? "of an unknown version"}`;
}

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
