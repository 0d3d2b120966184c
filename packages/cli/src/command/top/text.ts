/** What the help and the manual page of `brigade top` say beside its options. */
import type { CommandText } from "../command.ts";

export const topText: CommandText = {
  name: "top",
  operands: "[PROGRAM]",
  summary: "Show the task tree of a running program, live",
  paragraphs: [
    "Shows each task of a program that runs Brigade: its name and state, since when, what it waits for and at which line, " +
      "with the steps per second, and the lag of the loop. Tasks that look alike are one row. Without PROGRAM it lists your programs " +
      "that can be watched.",
    "A program lets itself be watched when it was started with BRIGADE_INSPECT=1, or when it is sent SIGUSR2, which this " +
      "command does for a process that listens for it. Only its own user can watch it. A program that is being watched goes on as it would otherwise.",
    "Keys: up and down move, enter folds and unfolds, / filters, s sorts (tree, how long they have waited, age, name), " +
      "p pauses, q quits.",
  ],
  examples: [
    { what: "Watch the process 1234:", lines: ["brigade top 1234"] },
    { what: "Which of your programs can be watched?", lines: ["brigade top"] },
    { what: "Start one that can be watched:", lines: ["BRIGADE_INSPECT=1 node main.ts"] },
  ],
  exitCodes: [
    [0, "you have quit, or the program has ended"],
    [1, "the program can't be watched: the line says why, and what to do"],
    [2, "an argument is wrong"],
    [130, "interrupted, by Ctrl-C for one"],
  ],
};
