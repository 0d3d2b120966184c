/** `brigade fetch`. What fetches is loaded when it runs, so that help and completions come at once. */
import { map } from "@optique/core/modifiers";
import type { Command } from "../command.ts";
import { fetchArguments } from "./arguments.ts";
import { fetchText } from "./text.ts";
import { toOptions } from "./to-options.ts";

export const fetchCommand: Command = {
  text: fetchText,
  invocation: map(fetchArguments, (given) => async ({ version, stdinIsTerminal }, command) => {
    const options = toOptions(given, { version, stdinIsTerminal, command });
    const { fetchUrls } = await import("../../fetch/fetch-urls.ts");
    return fetchUrls(options);
  }),
};
