/** Every command, in the order of the help. */
import type { Command } from "./command.ts";
import { adviseCommand } from "./advise/command.ts";
import { dumpCommand } from "./dump/command.ts";
import { exportCommand } from "./export/command.ts";
import { fetchCommand } from "./fetch/command.ts";
import { inspectCommand } from "./inspect/command.ts";
import { jobsCommand } from "./jobs/command.ts";
import { runCommand } from "./run/command.ts";
import { timelineCommand } from "./timeline/command.ts";
import { topCommand } from "./top/command.ts";
import { workerCommand } from "./worker/command.ts";

export const commands: readonly Command[] = [
  runCommand,
  timelineCommand,
  adviseCommand,
  exportCommand,
  topCommand,
  dumpCommand,
  inspectCommand,
  fetchCommand,
  workerCommand,
  jobsCommand,
];
