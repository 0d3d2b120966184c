/** `brigade top`. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import { map, optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import type { Command } from "../command.ts";
import { settingWithDefault, switched, under } from "../settings.ts";
import { duration } from "../values/numbers.ts";
import { program } from "../values/program.ts";
import { topText } from "./text.ts";

const topArguments = object({
  ...under("Program", {
    target: optional(
      argument(program(), {
        description: [
          text(
            "The number of its process (1234, or 1234.2 for a worker thread), or the address that brigade inspect prints.",
          ),
        ],
        errors: { invalidValue: (error) => [text("PROGRAM "), ...error] },
      }),
    ),
  }),
  ...under("Display", {
    once: switched(["--once"], "Print one picture and end; so it does where it is not on a terminal."),
    interval: settingWithDefault(["--interval"], duration({ zero: false }), 1_000, "Time between two pictures."),
  }),
});

export const topCommand: Command = {
  text: topText,
  invocation: map(topArguments, (options) => async (surroundings) => {
    const { top } = await import("../../top/top.ts");
    return top(options, surroundings);
  }),
};
