/** What the help and the manual page of `brigade worker` say beside its options. */
import type { CommandText } from "../command.ts";

export const workerText: CommandText = {
  name: "worker",
  operands: "[FILE]",
  summary: "Run the jobs that programs submit, here or from other machines",
  paragraphs: [
    "Loads FILE, takes jobs from the queue for the tasks that FILE exports (made by task() of @brigade/workers), and runs " +
      "them, --concurrency at a time, in processes of its own: however long one computes, its lease is renewed. Tasks that only " +
      'wait say runs: "loop", and run on the worker\'s own loop.',
    "Start it on as many machines as you like: they share the queue. A worker that dies is found out when its lease runs out, " +
      "and others run its jobs again.",
    "SIGTERM and SIGINT (Ctrl-C) stop it: it takes no new job, waits --grace for those that run, and hands the rest back. A " +
      "second signal ends it at once, as a crash would.",
  ],
  examples: [
    {
      what: "Work on what a Redis keeps:",
      lines: ["brigade worker ./tasks.ts --engine redis://127.0.0.1:6379 --concurrency 8"],
    },
    {
      what: "On what a PostgreSQL keeps:",
      lines: ["brigade worker ./tasks.ts --engine postgres://app@db.example/shop"],
    },
    {
      what: "On what a folder keeps, with nothing installed:",
      lines: ["brigade worker ./tasks.ts --engine local:./jobs"],
    },
    {
      what: "Make the requests of brigade fetch:",
      lines: ["brigade worker --fetch --engine redis://127.0.0.1:6379 --concurrency 64"],
    },
  ],
  exitCodes: [
    [0, "it was stopped by SIGTERM or SIGINT, and every job was ended or handed back"],
    [1, "the engine failed while it worked"],
    [2, "an argument is wrong, FILE can't be loaded or has no tasks, or the engine can't be reached"],
  ],
};
