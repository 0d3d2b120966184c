/** What the help and the manual page of `brigade timeline` say beside its options. */
import type { CommandText } from "../command.ts";

export const timelineText: CommandText = {
  name: "timeline",
  operands: "FILE",
  summary: "Show a trace: which task waited when, for what and where",
  paragraphs: [
    "Draws each task as a bar over time, tasks that are alike in one row, with the waits that took longest and the chain of " +
      "waits and steps that the program's time was made of. With --html, --chrome, --svg or --json it writes files instead.",
    "A trace that is broken off, as of a program that was killed, is shown as far as it goes.",
  ],
  examples: [
    {
      what: "Record a program and look at it:",
      lines: ["brigade run main.ts --trace trace.brigade", "brigade timeline trace.brigade"],
    },
    { what: "The second second, in detail:", lines: ["brigade timeline trace.brigade --from 1s --to 2s --rows 200"] },
    {
      what: "As a page, with the advice at its place:",
      lines: ["brigade timeline trace.brigade --html timeline.html"],
    },
  ],
  exitCodes: [
    [0, "it was shown, or written"],
    [1, "the trace is broken off: what there is of it was shown"],
    [2, "an argument is wrong, or the file is no trace, or can't be read or written"],
  ],
};
