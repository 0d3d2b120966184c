/** What the help and the manual page of `brigade export` say beside its options. */
import type { CommandText } from "../command.ts";

export const exportText: CommandText = {
  name: "export",
  operands: "FILE",
  summary: "Write a trace in a format of other programs",
  paragraphs: [
    "Each task becomes a track, in the order of the task tree, with its steps and waits, their places, files and lines, and who " +
      "woke whom. The JSON is described by the type TimelineJson of brigade/trace.",
    "A trace that is broken off, as of a program that was killed, is written as far as it goes.",
  ],
  examples: [
    {
      what: "For ui.perfetto.dev:",
      lines: ["brigade export trace.brigade -o trace.json"],
    },
    {
      what: "The names of the tasks that failed:",
      lines: [`brigade export trace.brigade -f json | jq -r '.tasks[] | select(.outcome == "error").name'`],
    },
  ],
  exitCodes: [
    [0, "it was written"],
    [1, "the trace is broken off: what there is of it was written"],
    [2, "an argument is wrong, or the file is no trace, or can't be read or written"],
  ],
};
