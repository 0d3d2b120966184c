/** The command line of `brigade`: from words to an exit code. What goes wrong with the words is one line on stderr, and exit code 2. */
import { bash, fish, zsh } from "@optique/core/completion";
import { type RunOptions, runParserSync } from "@optique/core/facade";
import type { Invocation, Surroundings } from "./command.ts";
import { complaint } from "./complaint.ts";
import { helpOf } from "./help.ts";
import { program, programName } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const usageExitCode = 2;

/** `args` are the words after `brigade`. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  if (args.length === 0) {
    understand(["--help"], { ...surroundings, out: surroundings.err });
    return usageExitCode;
  }
  const understood = understand(args, surroundings);
  if (typeof understood === "number") return understood;
  try {
    return await understood(surroundings, [programName, ...args]);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    surroundings.err(`${programName} ${args[0]}: ${error.message}`);
    return usageExitCode;
  }
}

/** What is to be run; or the exit code, where help, the version or a completion was all that was asked for. */
function understand(args: readonly string[], { version, out, err, ...screen }: Surroundings): Invocation | number {
  let exitCode: number | undefined;
  let printed = "";
  const show = (): undefined => {
    out(printed);
    exitCode = 0;
  };
  const options: RunOptions<undefined, undefined> = {
    help: {
      command: { hidden: true },
      option: { names: ["-h", "--help"], group: "Options" },
      onShow(_code, page) {
        out(helpOf(args, page, screen));
        exitCode = 0;
      },
    },
    version: { option: { names: ["--version"], group: "Options" }, value: version, onShow: show },
    completion: { command: true, shells: { bash, zsh, fish }, onShow: show },
    stdout(text) {
      printed += text;
    },
    stderr() {},
    aboveError: "none",
    onError(_code, error) {
      err(complaint(args, error));
      exitCode = usageExitCode;
    },
  };
  const invocation = runParserSync<typeof program, undefined, undefined>(program, programName, args, options);
  return exitCode ?? invocation;
}
