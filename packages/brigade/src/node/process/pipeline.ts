/** Commands, each one's stdout being the next one's stdin. */
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { type ExecOptions, type PipelineResult, type Plan, planOf, type Stage } from "./exec-options.ts";
import { type Ended, execute } from "./execution.ts";
import { exitError } from "./exit-error.ts";
import { orderOf } from "./options.ts";

/**
 * Runs commands at once, with stdout of each being stdin of the next, by pipes of the system: what flows between them
 * does not pass through this program, and a command whose reader has ended gets SIGPIPE (the shell's `a | b | c`,
 * without the shell). `input` is for the first, `stdout` is the last one's, stderr of each is collected by itself. Each
 * command is ended as `exec` says, all of them when the task is cancelled or the `timeout` is over.
 *
 * Throws `ExitError` for the first command, in the order given, that failed (unless `check` is false), with stderr of
 * that one. A command that was ended by SIGPIPE, or says so by exit code 141, has not failed unless it is the last: the
 * next one wanted no more. Throws for the rest what `exec` throws; `TypeError` for a stage that is none, at once.
 *
 * @example
 * ```ts
 * import { run } from "brigade";
 * import { pipeline } from "brigade/node";
 *
 * await run(function* () {
 *   const { stdout } = yield* pipeline([["sort"], ["uniq", ["-c"]], ["head", ["-n", "1"]]], { input: "b\na\na\n" });
 *   console.log(stdout.trim());
 * });
 * ```
 */
export function pipeline(
  stages: readonly Stage[],
  options: ExecOptions & { readonly encoding: "bytes" },
): Awaitable<PipelineResult<Uint8Array>>;
export function pipeline(
  stages: readonly Stage[],
  options?: ExecOptions & { readonly encoding?: "utf8" },
): Awaitable<PipelineResult<string>>;
export function pipeline(
  stages: readonly Stage[],
  options: ExecOptions = {},
): Awaitable<PipelineResult<string>> | Awaitable<PipelineResult<Uint8Array>> {
  if (!Array.isArray(stages) || stages.length === 0)
    throw new TypeError("pipeline takes an array of at least one stage: [[command, args], …]");
  const orders = (stages as readonly Stage[]).map((stage) => {
    if (!Array.isArray(stage)) throw new TypeError("pipeline: a stage is [command, args, options]");
    const [command, args = [], own = {}] = stage as Stage;
    return orderOf("pipeline", command, args, { ...options, ...own });
  });
  return piping(planOf("pipeline", orders, options)) as Awaitable<unknown> as Awaitable<PipelineResult<string>>;
}

const piping = /* @__PURE__ */ coroutine(function* pipeline(
  plan: Plan,
): CoroutineBody<PipelineResult<string | Uint8Array>> {
  const { ended, stdout, duration } = yield* execute(plan);
  const output = stdout.as(plan.encoding);
  const stages = ended.map(({ child, status, stderr }) => ({
    command: child.order.line,
    ...status,
    stderr: stderr.as(plan.encoding),
  }));
  const place = plan.check ? ended.findIndex(({ status }, i) => hasFailed(status, i === ended.length - 1)) : -1;
  if (place < 0) return { stdout: output, stages, duration };
  const stage = stages[place] as (typeof stages)[number];
  const who = `"${stage.command}", stage ${place + 1} of ${stages.length},`;
  throw exitError(who, { ...stage, stdout: output }, (ended[place] as Ended).stderr);
});

const SIGPIPE_CODE = 128 + 13; // how a shell says that what it ran was ended by SIGPIPE

function hasFailed({ exitCode, signal }: Ended["status"], last: boolean): boolean {
  if (exitCode === 0) return false;
  return last || (signal !== "SIGPIPE" && exitCode !== SIGPIPE_CODE);
}
