/** What the help and the manual page of `brigade jobs` say beside its options. */
import type { CommandText } from "../command.ts";

export const jobsText: CommandText = {
  name: "jobs",
  operands: "",
  summary: "Show a queue of jobs and what has failed for good, and put it back",
  paragraphs: [
    "Prints how many jobs wait and run, and the dead letters: jobs that have failed for the last time, oldest first, each with its " +
      "task, how often it was tried, and the error. --put-back lets them run again, as if new; --discard forgets them.",
  ],
  examples: [
    { what: "What is in the queue, and what has failed:", lines: ["brigade jobs --engine redis://127.0.0.1:6379"] },
    {
      what: "Let everything that has failed run again:",
      lines: ["brigade jobs --engine redis://127.0.0.1:6379 --put-back all"],
    },
    {
      what: "Count errors by their text:",
      lines: ["brigade jobs --engine redis://127.0.0.1:6379 --json | jq -r .error | sort | uniq -c"],
    },
  ],
  exitCodes: [
    [0, "done"],
    [1, "a job that was named is not there"],
    [2, "an argument is wrong, or the engine can't be reached"],
  ],
};
