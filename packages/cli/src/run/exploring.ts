/** A program under many schedules: whether one of them makes it fail, and how to see that one again. */
import type { AwaitableLike } from "brigade";
import { inShell } from "../fetch/resume-command.ts";
import type { Main } from "./main-of.ts";
import type { RunFileOptions } from "./options.ts";
import { Refusal } from "./refusal.ts";
import type { Runtime } from "./runtime.ts";

type Asked = Pick<RunFileOptions, "file" | "args" | "explore" | "replay" | "quiet">;

/** Gives the exit code. */
export async function explored(main: Main, options: Asked, runtime: Runtime): Promise<number> {
  if (!main.repeatable)
    throw new Refusal(
      `${options.file} exports a coroutine that was made already, and each schedule needs a new one: export the coroutine function`,
    );
  const { ExplorationError, explore, replay } = await runtime.load("brigade/testing");
  const program = (): AwaitableLike<unknown> => main.start(options.args) as AwaitableLike<unknown>;
  try {
    if (options.replay !== undefined) {
      const { timeline } = await replay(program, options.replay);
      process.stdout.write(`${timeline}\n`);
      return 0;
    }
    const { schedules } = await explore(program, { schedules: options.explore as number });
    if (!options.quiet) console.error(`brigade run: ${options.file} fails in none of ${schedules} schedules`);
    return 0;
  } catch (error) {
    if (error instanceof RangeError && options.replay !== undefined) throw new Refusal(`--replay: ${error.message}`);
    if (!(error instanceof ExplorationError)) throw error;
    console.error(`${error.message}\n\nIn the terminal: ${replayCommand(options, error.seed)}`);
    return 1;
  }
}

function replayCommand({ file, args }: Asked, seed: string): string {
  const words = ["brigade", "run", file, "--replay", seed, ...(args.length > 0 ? ["--", ...args] : [])];
  return words.map(inShell).join(" ");
}
