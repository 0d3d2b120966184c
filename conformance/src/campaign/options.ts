/** What the command line asks for. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export const HELP: string = `npm run conformance -- [options]

Runs the directed set and random programs on Brigade and on CPython's asyncio, and compares.

  --programs N    so many random programs (20000)
  --seed N        of this seed (1)
  --jobs N        so many at once (one for each core)
  --resume        goes on with the campaign that was interrupted
  --index N       only this random program of the seed: both traces beside each other
  --program FILE  only the program in this file, as JSON
  --coverage      tables of what the directed set and the random programs reach
  --record        writes CPython's traces of the directed set to conformance/traces
  --replay        the directed set against the recorded traces, without Python
  --mutants       puts mistakes into the runtime, and shows which check finds each
  --only TEXT     with --mutants: only those with this text in their names
  --help          this

Ends with 1 when anything differs.`;

export type Command =
  | { readonly run: "help" | "record" | "replay" }
  | { readonly run: "all"; readonly seed: number; readonly programs: number; readonly jobs: number }
  | { readonly run: "resume"; readonly programs: number | undefined; readonly jobs: number }
  | { readonly run: "index"; readonly seed: number; readonly index: number }
  | { readonly run: "program"; readonly file: string }
  | { readonly run: "coverage"; readonly seed: number; readonly programs: number }
  | { readonly run: "mutants"; readonly only: string; readonly jobs: number };

/** What the command line asks for can't be done: the message says why. */
export class OptionError extends Error {}

const PROGRAMS = 20_000;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const OPTIONS = {
  ...{ programs: text, seed: text, jobs: text, index: text, program: text, only: text },
  ...{ resume: flag, coverage: flag, record: flag, replay: flag, mutants: flag, help: flag },
};

/** What stands alone, and what goes with it. */
const MODES: Readonly<Record<string, readonly string[]>> = {
  ...{ help: [], record: [], replay: [], program: [], index: ["seed"], coverage: ["programs", "seed"] },
  ...{ resume: ["programs", "jobs"], mutants: ["only", "jobs"] },
};

export function readOptions(args: readonly string[]): Command {
  const values = parsed(args);
  const mode = modeOf(Object.keys(values));
  const seed = wholeNumber("seed", values.seed, 0) ?? 1;
  const programs = wholeNumber("programs", values.programs, 1);
  const jobs = wholeNumber("jobs", values.jobs, 1) ?? availableParallelism();
  switch (mode) {
    case "help":
    case "record":
    case "replay":
      return { run: mode };
    case "index":
      return { run: "index", seed, index: wholeNumber("index", values.index, 0) ?? 0 };
    case "program":
      return { run: "program", file: values.program ?? "" };
    case "resume":
      return { run: "resume", programs, jobs };
    case "mutants":
      return { run: "mutants", only: values.only ?? "", jobs };
    case "coverage":
      return { run: "coverage", seed, programs: programs ?? PROGRAMS };
    default:
      return { run: "all", seed, programs: programs ?? PROGRAMS, jobs };
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

function parsed(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function modeOf(given: readonly string[]): string | undefined {
  const mode = given.find((name) => name in MODES);
  if (mode === undefined) {
    if (given.includes("only")) throw new OptionError("--only goes with --mutants");
    return undefined;
  }
  const stranger = given.find((name) => name !== mode && !MODES[mode]?.includes(name));
  if (stranger !== undefined) throw new OptionError(`--${stranger} does not go with --${mode}`);
  return mode;
}

function wholeNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(`--${name} takes a whole number from ${least} up, not "${text}"`);
}
