/** `brigade worker`. What works is loaded when it runs, so that help and completions come at once. */
import { map } from "@optique/core/modifiers";
import type { WorkerOptions } from "../../worker/options.ts";
import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { assertReadable } from "../values/files.ts";
import { workerArguments } from "./arguments.ts";
import { workerText } from "./text.ts";

export const workerCommand: Command = {
  text: workerText,
  invocation: map(workerArguments, (given) => async (surroundings) => {
    check(given);
    const { runWorker } = await import("../../worker/run-worker.ts");
    return runWorker(given, surroundings);
  }),
};

/** Throws UsageError. */
function check({ file, fetch, verbose, quiet }: WorkerOptions): void {
  if (file === undefined && !fetch)
    throw new UsageError(
      "name the file with the tasks, such as brigade worker tasks.ts (brigade worker --help shows more)",
    );
  if (file !== undefined && fetch) throw new UsageError("FILE and --fetch are both given: leave one out");
  if (verbose && quiet) throw new UsageError("--verbose tells more, and --quiet less: leave one out");
  if (file !== undefined) assertReadable("FILE", file);
}
