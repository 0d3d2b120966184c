/** `npm run conformance`: the same programs on CPython's asyncio and on Brigade. */
import { readFileSync } from "node:fs";
import { runBoth } from "./campaign/both.ts";
import { resumeCampaign, runCampaign, runIndex } from "./campaign/campaign.ts";
import { printCoverage } from "./campaign/coverage.ts";
import { CPython } from "./campaign/cpython.ts";
import { type Command, HELP, OptionError, readOptions } from "./campaign/options.ts";
import { sideBySide } from "./campaign/side-by-side.ts";
import { checkDirected, recordDirected, replayDirected } from "./directed/check.ts";
import { runMutants } from "./mutants/run.ts";
import type { Program } from "./program.ts";
import { findPython } from "./python.ts";
import { difference } from "./replay.ts";

/** True when nothing differs. */
async function perform(command: Command): Promise<boolean> {
  switch (command.run) {
    case "help":
      console.log(HELP);
      return true;
    case "record":
      await recordDirected();
      return true;
    case "replay":
      return replayDirected();
    case "all": {
      console.log(`CPython ${(await findPython()).version}`);
      const directed = await checkDirected();
      return (await runCampaign(command)) && directed;
    }
    case "resume":
      return resumeCampaign({
        jobs: command.jobs,
        ...(command.programs === undefined ? {} : { programs: command.programs }),
      });
    case "index":
      return runIndex(command.seed, command.index);
    case "program":
      return runFile(command.file);
    case "coverage":
      return printCoverage(command);
    case "mutants":
      return runMutants({ only: command.only, workers: command.jobs });
  }
}

async function runFile(file: string): Promise<boolean> {
  const program = readProgram(file);
  await using cpython = await CPython.start();
  const [traces] = await runBoth([program], cpython);
  if (traces === undefined) return false;
  console.log(sideBySide(traces));
  return difference(traces.cpython, traces.brigade) === undefined;
}

function readProgram(file: string): Program {
  try {
    const program = JSON.parse(readFileSync(file, "utf8")) as Partial<Program>;
    if (program.functions?.["main"] === undefined) throw new Error(`it has no function "main"`);
    return { objects: program.objects ?? {}, functions: program.functions, streams: program.streams ?? {} };
  } catch (error) {
    throw new OptionError(`--program ${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

try {
  if (!(await perform(readOptions(process.argv.slice(2))))) process.exitCode = 1;
} catch (error) {
  process.exitCode = 1;
  if (error instanceof OptionError) console.error(`conformance: ${error.message} (--help shows all options)`);
  else console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
}
