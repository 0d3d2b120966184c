/** The arguments of `brigade advise`: names, defaults, and what the help says of each. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import type { Parser } from "@optique/core/parser";
import { argument } from "@optique/core/primitives";
import type { AdviseOptions } from "../../advise/options.ts";
import { setting, switched, under } from "../settings.ts";
import { file } from "../values/files.ts";
import { duration } from "../values/numbers.ts";

export type AdviseArguments = Omit<AdviseOptions, "width" | "colors">;

const input = under("Input", {
  file: argument(file("trace.brigade"), {
    description: [text("A full trace: of brigade run --trace, or of BRIGADE_TRACE.")],
    errors: {
      endOfInput: [text("name a trace, such as brigade advise trace.brigade (brigade advise --help shows more)")],
      invalidValue: (error) => [text("FILE "), ...error],
    },
  }),
});

const output = under("Output", {
  minSaving: setting(
    ["--min-saving"],
    duration({ zero: true }),
    "Leave out what saves less of the program's time. Otherwise 1ms, or a hundredth of the time where that is more.",
  ),
  json: switched(["--json"], "Print the advice as one JSON object instead."),
});

/** One object: see `fetchArguments`. */
export const adviseArguments: Parser<"sync", AdviseArguments> = object({ ...input, ...output });
