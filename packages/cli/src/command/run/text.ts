/** What the help and the manual page of `brigade run` say beside its options. */
import type { CommandText } from "../command.ts";

export const runText: CommandText = {
  name: "run",
  operands: "FILE [ARG...]",
  summary: "Run a program whose main is a coroutine, and see what it waits for",
  paragraphs: [
    "Loads FILE, calls its default export or else its main with the ARGs, and runs the coroutine that this gives on an " +
      "event loop. It uses the brigade that FILE finds; a FILE without one gets the command's own.",
    "What main gives is printed with --json only, and is no exit code. process.exitCode is, where the program sets it. " +
      "The process ends when main has ended and nothing else keeps it.",
    "SIGINT (Ctrl-C) and SIGTERM cancel main, and its cleanup runs; a second one ends the process at once. A program that " +
      "listens for a signal itself keeps it. One that blocks its thread hears none: Ctrl-\\ ends it.",
  ],
  foreignOptions: "options of the program's own come after --",
  examples: [
    { what: "Run a program:", lines: ["brigade run main.ts orders.csv -- --verbose"] },
    {
      what: "Record it, and look at where it waits:",
      lines: ["brigade run main.ts --trace trace.brigade", "brigade timeline trace.brigade"],
    },
    { what: "Be told what to change:", lines: ["brigade run main.ts --advise"] },
    { what: "Look for an order of events in which it fails:", lines: ["brigade run main.ts --explore 10000"] },
    { what: "Take a day's sleep out of it:", lines: ["brigade run main.ts --virtual"] },
  ],
  exitCodes: [
    [0, "main ended, or no schedule fails"],
    [1, "main, or loading FILE, ended with an error; main was in a deadlock; a schedule fails"],
    [2, "an argument is wrong, or FILE has no main that can be run"],
    [124, "--timeout was over"],
    [130, "main was cancelled by SIGINT, Ctrl-C for one"],
    [141, "whoever read its output has left (SIGPIPE)"],
    [143, "main was cancelled by SIGTERM"],
  ],
};
