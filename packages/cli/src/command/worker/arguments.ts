/** The arguments of `brigade worker`: names, defaults, and what the help says of each. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument } from "@optique/core/primitives";
import type { WorkerOptions } from "../../worker/options.ts";
import { engineSetting } from "../queue.ts";
import { setting, settingWithDefault, switched, under } from "../settings.ts";
import { file } from "../values/files.ts";
import { count, duration } from "../values/numbers.ts";
import { queueName } from "../values/words.ts";

const work = under("Work", {
  file: optional(
    argument(file("tasks.ts"), {
      description: [text("A TypeScript or JavaScript file that exports the tasks.")],
      errors: { invalidValue: (error) => [text("FILE "), ...error] },
    }),
  ),
  fetch: switched(["--fetch"], "Instead of a file: make the requests of brigade fetch --engine."),
  engine: engineSetting,
  queue: setting(
    ["--queue"],
    queueName(),
    "The queue to take jobs from. Otherwise brigade, or brigade-fetch with --fetch.",
  ),
});

const limits = under("Limits", {
  concurrency: settingWithDefault(["--concurrency"], count(1, 10_000), 8, "Jobs that run at a time."),
  grace: settingWithDefault(
    ["--grace"],
    duration({ zero: true }),
    10_000,
    "How long running jobs may go on when it is to stop; then they are handed back, and run again elsewhere.",
  ),
  lease: settingWithDefault(
    ["--lease"],
    duration({ zero: false }),
    30_000,
    "How long after a worker's death its jobs are given to another.",
  ),
});

const output = under("Output", {
  verbose: switched(["-v", "--verbose"], "Tell of every job that starts and ends, not of those alone that fail."),
  quiet: switched(["-q", "--quiet"], "Tell only what ends it."),
  json: switched(["--json"], "Write what happens to standard output, as one line of JSON each."),
});

/** One object: see `fetchArguments`. */
export const workerArguments: Parser<"sync", WorkerOptions> = object({ ...work, ...limits, ...output });
