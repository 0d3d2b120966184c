/** What the help and the manual page of `brigade inspect` say beside its options. */
import type { CommandText } from "../command.ts";

export const inspectText: CommandText = {
  name: "inspect",
  operands: "[SUBJECT]",
  summary: "Show a running program, or a trace, as a web page",
  paragraphs: [
    "Serves a page on this machine: for a running program its task tree, live, with the way back in time over its flight " +
      "recorder; for a trace its timeline with the advice. Prints the address, which has a token in it: whoever does not know that gets nothing.",
    "SUBJECT is the number of a process, or a file. Without it the page lists your programs that can be watched: those started " +
      "with BRIGADE_INSPECT=1, or sent SIGUSR2, which this command does for a process that listens for it.",
    "When the program ends, the page says so and keeps what it showed last. Ctrl-C ends the server.",
  ],
  examples: [
    { what: "Look at the process 1234:", lines: ["brigade inspect 1234"] },
    { what: "Look at a trace, in the browser at once:", lines: ["brigade inspect trace.brigade --open"] },
  ],
  exitCodes: [
    [0, "you have ended it, by Ctrl-C for one"],
    [1, "the program can't be watched, or the port can't be had: the line says why, and what to do"],
    [2, "an argument is wrong, or the file is no trace, or can't be read"],
  ],
};
