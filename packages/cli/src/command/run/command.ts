/** `brigade run`. What runs a file is loaded when one is run, so that help and completions come at once. */
import { map } from "@optique/core/modifiers";
import type { Command } from "../command.ts";
import { runArguments } from "./arguments.ts";
import { runText } from "./text.ts";
import { toOptions } from "./to-options.ts";

export const runCommand: Command = {
  text: runText,
  invocation: map(runArguments, (given) => async ({ width }) => {
    const options = toOptions(given, { width });
    const { runFile } = await import("../../run/run-file.ts");
    return runFile(options);
  }),
};
