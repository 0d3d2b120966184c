/** `brigade jobs`. */
import { object } from "@optique/core/constructs";
import { map } from "@optique/core/modifiers";
import type { JobsAction, JobsOptions } from "../../jobs/options.ts";
import type { Command } from "../command.ts";
import { engineSetting } from "../queue.ts";
import { repeated, setting, settingWithDefault, switched, under } from "../settings.ts";
import { UsageError } from "../usage-error.ts";
import { count } from "../values/numbers.ts";
import { jobId, jobIds, queueName, scheduleKey } from "../values/words.ts";
import { jobsText } from "./text.ts";

const jobsArguments = object({
  ...under("Queue", {
    engine: engineSetting,
    queue: settingWithDefault(["--queue"], queueName(), "brigade", "The queue."),
  }),
  ...under("Do", {
    putBack: repeated(
      ["--put-back"],
      jobIds(),
      "Let a dead letter run again, or all of them. May be given several times.",
    ),
    discard: repeated(["--discard"], jobIds(), "Forget a dead letter, or all of them. May be given several times."),
    cancel: repeated(["--cancel"], jobId(), "Cancel a job: one that waits never runs, one that runs is told to end."),
    schedules: switched(["--schedules"], "List what is scheduled, instead of dead letters."),
    unschedule: setting(["--unschedule"], scheduleKey(), "Remove a schedule."),
  }),
  ...under("Output", {
    limit: settingWithDefault(["--limit"], count(1, 1_000_000), 50, "The most dead letters to list."),
    json: switched(["--json"], "One line of JSON for each job or schedule, and nothing else."),
  }),
});

type Given = Omit<JobsOptions, "action"> & {
  readonly putBack: readonly string[];
  readonly discard: readonly string[];
  readonly cancel: readonly string[];
  readonly schedules: boolean;
  readonly unschedule: string | undefined;
};

/** Throws UsageError. */
function actionOf({ putBack, discard, cancel, schedules, unschedule }: Given): JobsAction {
  const actions: JobsAction[] = [];
  if (putBack.length > 0) actions.push({ kind: "put-back", ids: idsOf(putBack) });
  if (discard.length > 0) actions.push({ kind: "discard", ids: idsOf(discard) });
  if (cancel.length > 0) actions.push({ kind: "cancel", ids: cancel });
  if (schedules) actions.push({ kind: "schedules" });
  if (unschedule !== undefined) actions.push({ kind: "unschedule", key: unschedule });
  if (actions.length > 1)
    throw new UsageError("one thing at a time: give one of --put-back, --discard, --cancel, --schedules, --unschedule");
  return actions[0] ?? { kind: "list" };
}

const idsOf = (ids: readonly string[]): readonly string[] | "all" => (ids.includes("all") ? "all" : ids);

export const jobsCommand: Command = {
  text: jobsText,
  invocation: map(jobsArguments, (given) => async (surroundings) => {
    const { engine, queue, limit, json } = given;
    const options: JobsOptions = { engine, queue, limit, json, action: actionOf(given) };
    const { runJobs } = await import("../../jobs/run-jobs.ts");
    return runJobs(options, surroundings);
  }),
};
