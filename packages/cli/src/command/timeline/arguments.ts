/** The arguments of `brigade timeline`: names, defaults, and what the help says of each. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import type { Parser } from "@optique/core/parser";
import { argument } from "@optique/core/primitives";
import type { TimelineOptions } from "../../timeline/options.ts";
import { setting, settingWithDefault, under } from "../settings.ts";
import { file } from "../values/files.ts";
import { count, duration } from "../values/numbers.ts";
import { name } from "../values/words.ts";

export type TimelineArguments = Omit<TimelineOptions, "width" | "colors"> & { readonly width: number | undefined };

const input = under("Input", {
  file: argument(file("trace.brigade"), {
    description: [text("A trace: of brigade run --trace, of BRIGADE_TRACE, or of a flight recorder.")],
    errors: {
      endOfInput: [text("name a trace, such as brigade timeline trace.brigade (brigade timeline --help shows more)")],
      invalidValue: (error) => [text("FILE "), ...error],
    },
  }),
});

const picture = under("Picture", {
  task: setting(["--task"], name(), "Only tasks of this name or coroutine, and what they made."),
  from: setting(["--from"], duration({ zero: true }), "Only what comes after this time, counted from the beginning."),
  to: setting(["--to"], duration({ zero: false }), "Only what comes before this time."),
  depth: settingWithDefault(["--depth"], count(1, 1_000), 1_000, "How deep the tree of tasks is shown."),
  rows: settingWithDefault(["--rows"], count(1, 100_000), 40, "How many rows are shown: those that lived longest."),
  width: setting(["--width"], count(40, 1_000), "Columns. Otherwise those of the terminal."),
});

const files = under("Files instead", {
  html: setting(
    ["--html"],
    file("timeline.html"),
    "A page with all of it: zoom, search, what waits for what, the advice.",
  ),
  chrome: setting(["--chrome"], file("trace.json"), "For Perfetto (ui.perfetto.dev) and chrome://tracing."),
  svg: setting(["--svg"], file("timeline.svg"), "A picture."),
  json: setting(["--json"], file("timeline.json"), "Tasks and spans, for programs."),
});

/** One object: see `fetchArguments`. */
export const timelineArguments: Parser<"sync", TimelineArguments> = object({ ...input, ...picture, ...files });
