/** Random programs with the traces that CPython writes for them: the same for every mutant, so that CPython runs them once. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { programAt } from "../generator/programs.ts";
import type { Recorded, Trace } from "../program.ts";
import { findPython } from "../python.ts";

const SEED = 1; // fixed, so that the same programs kill the same mutants every time

/** Writes the first `count` programs of the seed, and their traces, into the file. */
export async function recordRandom(count: number, file: string, signal: AbortSignal): Promise<void> {
  const { command, args } = await findPython();
  signal.throwIfAborted();
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  let trouble = "";
  const noted = (error: Error): void => void (trouble ||= error.message);
  child.on("error", noted);
  child.stdin.on("error", noted);
  const end = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", end);
  const recorded: Recorded[] = [];
  try {
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (let index = 0; index < count; index++) {
      const program = programAt(SEED, index);
      child.stdin.write(`${JSON.stringify(program)}\n`);
      const answer = await answers.next();
      signal.throwIfAborted();
      if (answer.done)
        throw new Error(`mutants: ${command} ended at random program ${index}, seed ${SEED}. ${trouble}`);
      const { trace } = JSON.parse(answer.value) as { readonly trace: Trace };
      recorded.push({ name: `random program ${index} of seed ${SEED}`, program, trace });
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
  await writeFile(file, JSON.stringify(recorded));
}
