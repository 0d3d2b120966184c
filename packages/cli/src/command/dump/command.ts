/** `brigade dump`. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import { map } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import type { Command } from "../command.ts";
import { under } from "../settings.ts";
import { program } from "../values/program.ts";
import { dumpText } from "./text.ts";

const dumpArguments = object(
  under("Program", {
    target: argument(program(), {
      description: [
        text(
          "The number of its process (1234, or 1234.2 for a worker thread), or the address that brigade inspect prints.",
        ),
      ],
      errors: {
        invalidValue: (error) => [text("PROGRAM "), ...error],
        endOfInput: [text("name a program: the number of its process; brigade top alone lists yours")],
      },
    }),
  }),
);

export const dumpCommand: Command = {
  text: dumpText,
  invocation: map(dumpArguments, (options) => async ({ err }) => {
    const { dump } = await import("../../top/dump.ts");
    return dump(options, err);
  }),
};
