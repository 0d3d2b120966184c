/** `brigade advise`. What replays and parses is loaded when it runs, so that help and completions come at once. */
import { map } from "@optique/core/modifiers";
import type { Command } from "../command.ts";
import { assertReadable } from "../values/files.ts";
import { adviseArguments } from "./arguments.ts";
import { adviseText } from "./text.ts";

export const adviseCommand: Command = {
  text: adviseText,
  invocation: map(adviseArguments, (given) => async ({ colors, width }) => {
    assertReadable("FILE", given.file);
    const { showAdvice } = await import("../../advise/show-advice.ts");
    return showAdvice({ ...given, colors, width });
  }),
};
