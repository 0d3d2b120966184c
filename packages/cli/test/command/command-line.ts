/** The command line in this process: what it prints, its exit code, and what it would fetch. */
import { formatMessage } from "@optique/core/message";
import { parseSync } from "@optique/core/parser";
import { runCommandLine } from "../../src/command/brigade.ts";
import type { Surroundings } from "../../src/command/command.ts";
import { fetchArguments } from "../../src/command/fetch/arguments.ts";
import { toOptions } from "../../src/command/fetch/to-options.ts";
import type { FetchOptions } from "../../src/fetch/options.ts";

export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** For words that run no command. */
export async function commandLine(
  args: readonly string[],
  { stdinIsTerminal = false, width = 100, colors = false }: Partial<Surroundings> = {},
): Promise<Outcome> {
  let out = "";
  let err = "";
  const exitCode = await runCommandLine(args, {
    version: "1.2.3",
    stdinIsTerminal,
    colors,
    width,
    out(text) {
      out += `${text}\n`;
    },
    err(text) {
      err += `${text}\n`;
    },
  });
  return { exitCode, out, err };
}

/** What `brigade fetch` is asked to do by these words, with standard input from a pipe. */
export function asked(...words: string[]): FetchOptions {
  const parsed = parseSync(fetchArguments, words);
  if (!parsed.success) throw new Error(formatMessage(parsed.error));
  const command = ["brigade", "fetch", ...words];
  return toOptions(parsed.value, { version: "1.2.3", stdinIsTerminal: false, command });
}
