/** What the help and the manual page of `brigade dump` say beside its options. */
import type { CommandText } from "../command.ts";

export const dumpText: CommandText = {
  name: "dump",
  operands: "PROGRAM",
  summary: "Print what every task of a running program waits for, once",
  paragraphs: [
    "Prints each task of a program that runs Brigade: its name, how old it is, what it waits for, since when, who holds that, and " +
      "its coroutine frames with file and line; before them, circles of tasks that wait for one another. The program writes it task by " +
      "task, while it goes on: it needs no more memory for many tasks than for few.",
    "Which programs can be asked, and how, is the same as for brigade top.",
  ],
  examples: [
    { what: "What does the process 1234 wait for?", lines: ["brigade dump 1234"] },
    { what: "Keep it, to compare it with a later one:", lines: ["brigade dump 1234 > before.txt"] },
  ],
  exitCodes: [
    [0, "it is printed"],
    [1, "the program can't be watched: the line says why, and what to do"],
    [2, "an argument is wrong"],
  ],
};
