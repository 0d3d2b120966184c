/** What the help and the manual page of `brigade advise` say beside its options. */
import type { CommandText } from "../command.ts";

export const adviseText: CommandText = {
  name: "advise",
  operands: "FILE",
  summary: "Say what to change in a recorded program, and what that would save",
  paragraphs: [
    "Finds awaits in a row that do not use each other's results, loops whose iterations could wait at once, steps that block " +
      "the loop, semaphores and limits that tasks stand in line for, polling, tasks that nobody waits for, and the critical " +
      "path. Each number comes from a replay of the trace in virtual time with that change made.",
    "Reads the program's source, where it is still what was recorded, to see what depends on what, and shows the lines to " +
      "write. It assumes that what the program waits for outside of it takes as long when more of it is waited for at once.",
  ],
  examples: [
    {
      what: "Record a program and ask what to change:",
      lines: ["brigade run main.ts --trace trace.brigade", "brigade advise trace.brigade"],
    },
    {
      what: "Only what saves 50 ms and more, for a program:",
      lines: ["brigade advise trace.brigade --min-saving 50ms --json"],
    },
  ],
  exitCodes: [
    [0, "the advice was printed, or there is none"],
    [1, "the trace is broken off: the advice is on what there is of it"],
    [2, "an argument is wrong, or the file is no trace, or can't be read"],
  ],
};
