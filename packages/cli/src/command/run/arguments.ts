/** The arguments of `brigade run`: names, defaults, and what the help says of each. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import { multiple } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument } from "@optique/core/primitives";
import type { RunFileOptions } from "../../run/options.ts";
import { setting, switched, under } from "../settings.ts";
import { file } from "../values/files.ts";
import { count, duration } from "../values/numbers.ts";
import { seed, word } from "../values/words.ts";

export type RunArguments = Omit<RunFileOptions, "width">;

const program = under("Program", {
  file: argument(file("main.ts"), {
    description: [
      text(
        "A TypeScript or JavaScript file. Its default export, or else main, is a coroutine function, or a coroutine.",
      ),
    ],
    errors: {
      endOfInput: [text("name the file to run, such as brigade run main.ts (brigade run --help shows more)")],
      invalidValue: (error) => [text("FILE "), ...error],
    },
  }),
  args: multiple(
    argument(word(), {
      description: [
        text("What main is called with, and what stands in process.argv. What begins with - comes after --."),
      ],
    }),
  ),
});

const seeing = under("See what it does", {
  trace: setting(["--trace"], file("trace.brigade"), "Record every step and wait; brigade timeline shows them."),
  advise: switched(["--advise"], "At the end, tell what to change so that it waits less, with the code to write."),
  flight: setting(
    ["--flight"],
    file("flight.brigade"),
    "Record the last events in memory; write them, and a report, when it crashes or can't go on.",
  ),
  inspect: switched(["--inspect"], "Let brigade top, dump and inspect look at it, from the start."),
  watchBlocking: switched(["--watch-blocking"], "Say what blocks the event loop, while it is blocked, with the line."),
  debug: switched(["--debug"], "Report slow steps and cleanups, and where coroutines that nobody awaited were made."),
});

const running = under("How it runs", {
  timeout: setting(
    ["--timeout"],
    duration({ zero: false }),
    "Cancel main when it takes longer, in real time, and exit with 124.",
  ),
  virtual: switched(["--virtual"], "Let time jump to the next timer, so that a sleep takes no time."),
  explore: setting(
    ["--explore"],
    count(1, 1_000_000_000),
    "Run it under as many schedules, in virtual time, and show the shortest that fails.",
  ),
  replay: setting(["--replay"], seed(), "Run it under the one schedule that --explore has found, and show its steps."),
});

const output = under("Output", {
  json: switched(["--json"], "Print what main gives, as JSON. Otherwise only the program prints."),
  quiet: switched(
    ["-q", "--quiet"],
    "Show no status line while the program is silent, and not that it was interrupted.",
  ),
});

/** One object: see `fetchArguments`. */
export const runArguments: Parser<"sync", RunArguments> = object({ ...program, ...seeing, ...running, ...output });
