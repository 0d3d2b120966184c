/** The arguments of `brigade export`: names, defaults, and what the help says of each. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import type { Parser } from "@optique/core/parser";
import { argument } from "@optique/core/primitives";
import { type ExportOptions, type Format, formats } from "../../export/options.ts";
import { setting, settingWithDefault, under } from "../settings.ts";
import { UsageError } from "../usage-error.ts";
import { file } from "../values/files.ts";
import { type Value, value } from "../values/value.ts";

const input = under("Input", {
  file: argument(file("trace.brigade"), {
    description: [text("A trace: of brigade run --trace, of BRIGADE_TRACE, or of a flight recorder.")],
    errors: {
      endOfInput: [text("name a trace, such as brigade export trace.brigade (brigade export --help shows more)")],
      invalidValue: (error) => [text("FILE "), ...error],
    },
  }),
});

const output = under("Output", {
  format: settingWithDefault(
    ["-f", "--format"],
    format(),
    "chrome",
    "chrome, for Perfetto (ui.perfetto.dev) and chrome://tracing; svg, a picture; or json, tasks and spans.",
  ),
  output: setting(["-o", "--output"], file("trace.json"), "Where to write it. Otherwise to stdout."),
});

function format(): Value<Format> {
  return value({
    metavar: "FORMAT",
    example: "chrome",
    read(word) {
      const found = formats.find((name) => name === word);
      if (found === undefined) throw new UsageError("there is no such format: take chrome, svg or json");
      return found;
    },
    write: (name) => name,
    *suggest(prefix) {
      for (const name of formats) if (name.startsWith(prefix)) yield { kind: "literal", text: name };
    },
  });
}

/** One object: see `fetchArguments`. */
export const exportArguments: Parser<"sync", ExportOptions> = object({ ...input, ...output });
