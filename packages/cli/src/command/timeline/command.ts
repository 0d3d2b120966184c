/** `brigade timeline`. What reads and draws is loaded when it runs, so that help and completions come at once. */
import { map } from "@optique/core/modifiers";
import type { Command } from "../command.ts";
import { timelineArguments } from "./arguments.ts";
import { timelineText } from "./text.ts";
import { toOptions } from "./to-options.ts";

export const timelineCommand: Command = {
  text: timelineText,
  invocation: map(timelineArguments, (given) => async ({ colors, width }) => {
    const options = toOptions(given, { colors, width });
    const { showTimeline } = await import("../../timeline/show-timeline.ts");
    return showTimeline(options);
  }),
};
