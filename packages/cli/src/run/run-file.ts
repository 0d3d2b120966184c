/** `brigade run`: loads a file, runs its main on an event loop, and gives the exit code that tells how it ended. */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AwaitableLike, RunOptions, Task } from "brigade";
import { formatDuration } from "../fetch/summary/format.ts";
import { hasColors } from "../fetch/summary/paint.ts";
import { printable } from "../fetch/summary/printable.ts";
import { explored } from "./exploring.ts";
import { failureText, type Telling } from "./failure-text.ts";
import { flushed } from "./flushed.ts";
import { Interruption } from "./interruption.ts";
import { type Main, mainOf } from "./main-of.ts";
import type { RunFileOptions } from "./options.ts";
import { Recording } from "./recording.ts";
import { Refusal } from "./refusal.ts";
import { Runtime } from "./runtime.ts";
import { StatusLine } from "./status-line.ts";

const failed = 1;
const refused = 2;
const timedOut = 124; // as timeout(1) has it

/**
 * Runs the file. A program that ends well leaves the process to end by itself, when nothing keeps it; any other ends it,
 * as an error that nobody caught does.
 */
export async function runFile(options: RunFileOptions): Promise<number> {
  const exitCode = await performed(options).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    console.error(`brigade run: ${printable(error.message)}`);
    return refused;
  });
  if (exitCode === 0) return Number(process.exitCode ?? 0);
  await flushed();
  return process.exit(exitCode);
}

async function performed(options: RunFileOptions): Promise<number> {
  const file = realpathSync(options.file);
  prepare(options);
  const runtime = new Runtime(file);
  const telling = { core: await runtime.load("brigade"), runtime, colors: hasColors(process.stderr) };
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await imported(file);
  } catch (error) {
    console.error(failureText(error, telling));
    return failed;
  }
  const { repeatable, start } = mainOf(module, options.file);
  const main: Main = { repeatable, start: (args) => ours(start(args), options.file, telling) };
  if (options.explore !== undefined || options.replay !== undefined) return explored(main, options, runtime);
  return executed(main, options, telling);
}

/** What the program sees of how it was called; and what the runtime is asked for by the environment. */
function prepare({ file, args, inspect, flight }: RunFileOptions): void {
  process.argv = [process.execPath, resolve(file), ...args];
  if (inspect) process.env["BRIGADE_INSPECT"] = "1";
  if (flight !== undefined) process.env["BRIGADE_FLIGHT"] = resolve(flight);
}

/** An `await` at the top level of the file that nothing can ever end would end the process without a word. */
async function imported(file: string): Promise<Readonly<Record<string, unknown>>> {
  let idle = 0;
  const giveUp = 3; // a deadlock of a run of its own is told at the first
  const look = (): void => {
    idle++;
    if (idle < giveUp) setImmediate(() => {});
    else {
      console.error(`brigade run: ${file} waits, with an await at its top level, for what can never come`);
      process.exit(failed);
    }
  };
  process.on("beforeExit", look);
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } finally {
    process.off("beforeExit", look);
  }
}

/** How main ended. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

async function executed(
  main: Main,
  options: RunFileOptions,
  telling: Telling & { readonly runtime: Runtime },
): Promise<number> {
  const { core, runtime } = telling;
  using recording = await Recording.of(options, runtime);
  const settings: RunOptions = {
    debug: options.debug,
    ...(recording ? { observer: recording.observer } : {}),
    ...(options.virtual ? { clock: (await runtime.load("brigade/testing")).virtualClock() } : {}),
  };
  const watch = options.watchBlocking ? (await runtime.load("brigade/node")).watchBlocking : undefined;
  const awaitable = (): AwaitableLike<unknown> => {
    const body = main.start(options.args) as AwaitableLike<unknown>;
    return watch === undefined ? body : core.use(watch(), () => body);
  };
  const runner = new core.Runner(settings);
  const { outcome, ended } = await runToEnd(runner, awaitable, options);
  recording?.[Symbol.dispose]();
  const exitCode = told(outcome, ended, options, telling);
  if (options.advise && recording) await advise(recording, options);
  return exitCode;
}

interface Ended {
  readonly timedOut: boolean;
  readonly signal: string | undefined;
  readonly signalCode: number | undefined;
}

type Runner = InstanceType<typeof import("brigade").Runner>;

/** Main, and what it leaves behind, to their ends. */
async function runToEnd(
  runner: Runner,
  main: () => AwaitableLike<unknown>,
  { timeout, quiet }: RunFileOptions,
): Promise<{ readonly outcome: Outcome; readonly ended: Ended }> {
  let task: Task<unknown> | undefined;
  let isLate = false;
  using interruption = new Interruption({
    cancel: (signal) => task?.cancel(signal),
    end: (exitCode) => process.exit(exitCode),
  });
  // A timer of the host's, that keeps nothing alive: a deadlock is told before it.
  const timer = setTimeout(() => (isLate = task?.cancel("--timeout") ?? false), timeout ?? 0).unref();
  if (timeout === undefined) clearTimeout(timer);
  using _status =
    quiet || !isScreen(process.stderr) ? undefined : new StatusLine(process.stderr, () => runner.loop.allTasks());
  let outcome: Outcome;
  try {
    const running = runner.run(main);
    [task] = runner.loop.allTasks();
    outcome = { value: await running };
  } catch (error) {
    outcome = { error };
  }
  clearTimeout(timer);
  await runner.close();
  return { outcome, ended: { timedOut: isLate, signal: interruption.signal, signalCode: interruption.exitCode } };
}

function isScreen(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env["TERM"] !== "dumb";
}

/** A coroutine of another copy of the package would hand this one's loop what it can't understand. */
function ours(awaitable: unknown, file: string, { core, runtime }: Telling): unknown {
  const sample = core.coroutine(function* sample() {})();
  sample.close();
  const { name } = sample.constructor;
  const given = (awaitable as object).constructor;
  if (given !== sample.constructor && given?.name === name)
    throw new Refusal(
      `${file}: its main was made by another copy of brigade than the one in ${runtime.folder}, which the file itself finds: ` +
        "one program needs one copy (npm ls brigade shows them)",
    );
  return awaitable;
}

/** Says how it ended. Gives the exit code. */
function told(
  outcome: Outcome,
  ended: Ended,
  { file, timeout, json, quiet }: RunFileOptions,
  telling: Telling,
): number {
  if ("value" in outcome) return json ? printed(outcome.value, file) : 0;
  const { error } = outcome;
  if (error instanceof Refusal) throw error;
  const isCancelled = error instanceof telling.core.CancelledError;
  if (isCancelled && ended.timedOut) {
    console.error(
      `brigade run: ${file} did not end within ${formatDuration(timeout as number)} (--timeout): it was cancelled`,
    );
    return timedOut;
  }
  if (isCancelled && ended.signalCode !== undefined) {
    if (!quiet && ended.signal !== "SIGPIPE") console.error(`brigade run: ${file} was cancelled by ${ended.signal}`);
    return ended.signalCode;
  }
  // Nobody caught it: who watches for that is told, the flight recorder for one. Of a deadlock it has been told.
  if (!(error instanceof telling.core.DeadlockError))
    process.emit("uncaughtExceptionMonitor", error as Error, "uncaughtException");
  console.error(failureText(error, telling));
  return failed;
}

function printed(value: unknown, file: string): number {
  try {
    process.stdout.write(`${JSON.stringify(value) ?? "null"}\n`);
    return 0;
  } catch (error) {
    console.error(`brigade run: --json: what ${file} gave can't be written as JSON: ${(error as Error).message}`);
    return failed;
  }
}

/** What goes wrong here is not the program's fault, and leaves its exit code alone. */
async function advise(recording: Recording, { width }: RunFileOptions): Promise<void> {
  try {
    const [{ adviceReport, readTrace }, { sourceReader }, { adviceText }] = await Promise.all([
      import("brigade/trace"),
      import("../source/reader.ts"),
      import("../advise/print.ts"),
    ]);
    const trace = readTrace(recording.bytes(), { name: "what was recorded" });
    const report = adviceReport(trace, { source: sourceReader({ startedAt: trace.meta.startedAt }) });
    process.stderr.write(`\n${adviceText(report, { width, colors: hasColors(process.stderr) })}`);
  } catch (error) {
    console.error("brigade run: there is no advice:", error);
  }
}
