/** A command that runs to its end. */
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import type { ExecOptions, ExecResult, Plan } from "./exec-options.ts";
import { planOf } from "./exec-options.ts";
import { execute } from "./execution.ts";
import { exitError } from "./exit-error.ts";
import { orderOf } from "./options.ts";

/**
 * Runs a command to its end, and gives what it wrote and how it ended (subprocess.run, asyncio.create_subprocess_exec).
 * No shell stands between, unless asked for: arguments reach the command as they are. Output is collected while it
 * runs, and is not trimmed. A command that does not read all its input is no error.
 *
 * The command is over when its process has exited. What it left running in its process group has 100 ms to end by
 * itself and is then ended: by `killSignal`, after `grace` by SIGKILL. So is the command itself, with all of its group,
 * when the task is cancelled or the `timeout` is over; the task goes on when nothing is left. Its output ends then:
 * what made a session of its own (a daemon) is not reached, and can't hold it up; see `spawn`, also for what happens
 * when this program ends.
 *
 * Throws `ExitError` for an exit code other than 0 and for an end by a signal (unless `check` is false), `SpawnError`
 * if it could not be started, `OutputLimitError` if it wrote more than `maxOutput`, `TimeoutError` after `timeout`,
 * `KillError` if it could not be ended, and what `input` throws. Wrong arguments throw `TypeError` and `RangeError` at
 * once.
 *
 * @example
 * ```ts
 * import { gather, run } from "brigade";
 * import { exec } from "brigade/node";
 *
 * await run(function* () {
 *   const { sorted, lines } = yield* gather({
 *     sorted: exec("sort", [], { input: "b\na\n", timeout: "10s" }),
 *     lines: exec('printf "%s" "$1" | wc -c', ["it's safe"], { shell: true }),
 *   });
 *   console.log(sorted.stdout, Number(lines.stdout));
 * });
 * ```
 */
export function exec(
  command: string,
  args: readonly string[] | undefined,
  options: ExecOptions & { readonly encoding: "bytes" },
): Awaitable<ExecResult<Uint8Array>>;
export function exec(
  command: string,
  args?: readonly string[],
  options?: ExecOptions & { readonly encoding?: "utf8" },
): Awaitable<ExecResult<string>>;
export function exec(
  command: string,
  args: readonly string[] = [],
  options: ExecOptions = {},
): Awaitable<ExecResult<string>> | Awaitable<ExecResult<Uint8Array>> {
  const order = orderOf("exec", command, args, options);
  return execution(planOf("exec", [order], options)) as Awaitable<unknown> as Awaitable<ExecResult<string>>;
}

const execution = /* @__PURE__ */ coroutine(function* exec(plan: Plan): CoroutineBody<ExecResult<string | Uint8Array>> {
  const { ended, stdout, duration } = yield* execute(plan);
  const [command] = ended as [(typeof ended)[number]];
  const result: ExecResult<string | Uint8Array> = {
    command: plan.line,
    ...command.status,
    stdout: stdout.as(plan.encoding),
    stderr: command.stderr.as(plan.encoding),
    duration,
  };
  if (plan.check && result.exitCode !== 0) throw exitError(`"${plan.line}"`, result, command.stderr);
  return result;
});
