/** What a command is started with: what callers say, and what that means to the host. */
import type { SpawnOptions as NodeOptions } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { type Duration, milliseconds } from "../../duration.ts";
import { describe } from "../../errors.ts";
import { commandLine } from "./command-line.ts";

/**
 * A pipe to this program, what this program itself has, or nothing (/dev/null); a number is a descriptor of this
 * program.
 */
export type Stdio = "pipe" | "inherit" | "ignore" | number;

/** How a process is started, and how it is ended. */
export interface ProcessOptions {
  /** Its working directory; that of this program unless told otherwise. */
  readonly cwd?: string | URL;
  /** Added to the environment of this program; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether it gets the environment of this program as well as `env` (default), or `env` alone. */
  readonly extendEnv?: boolean;
  /**
   * Runs the command as a line of the shell: true for /bin/sh, or the path of another. What stands in `args` are then
   * the positional parameters ("$1", "$2", …), which need no quoting. Off unless asked for.
   */
  readonly shell?: boolean | string;
  /**
   * Whether it gets a session and a process group of its own (default), so that what it starts is ended with it. With
   * false it stays in the group of this program: what asks at the terminal (ssh, sudo, an editor) needs that, Ctrl-C
   * then reaches it too, and only the process itself is ended.
   */
  readonly group?: boolean;
  /** What asks it to end; SIGTERM unless told otherwise. */
  readonly killSignal?: NodeJS.Signals;
  /**
   * How long it has to end after that, before SIGKILL; 5 seconds unless told otherwise. In real time, whatever the
   * loop's clock.
   */
  readonly grace?: Duration;
}

/** What is to be started. */
export interface Order {
  /** For messages. */
  readonly line: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly node: NodeOptions;
  readonly killSignal: NodeJS.Signals;
  /** Milliseconds. */
  readonly grace: number;
  readonly group: boolean;
}

const windows: boolean = process.platform === "win32";

/** Throws `TypeError` and `RangeError` for what can't be started, before anything is. */
export function orderOf(taker: string, command: string, args: readonly string[], options: ProcessOptions): Order {
  checkText(taker, "the command", command);
  if (command === "") throw new TypeError(`${taker}: the command is empty`);
  if (!Array.isArray(args)) {
    throw new TypeError(`${taker}: args is an array of strings, not ${describe(args)}; options come after it`);
  }
  for (const arg of args as readonly string[]) checkText(taker, `an argument of ${command}`, arg);
  if (typeof options !== "object" || options === null)
    throw new TypeError(`${taker}: options is an object, not ${describe(options)}`);
  const { killSignal = "SIGTERM", grace = "5s", group = true, cwd, shell = false } = options;
  if (!Object.hasOwn(constants.signals, killSignal)) {
    throw new RangeError(`${taker}: killSignal is "${killSignal}", which is no signal of this system`);
  }
  if (cwd !== undefined && !(cwd instanceof URL)) checkText(taker, "cwd, where it is no URL,", cwd);
  const own = group && !windows;
  const node: NodeOptions = { detached: own, windowsHide: true };
  const { env, extendEnv = true } = options;
  if (!extendEnv) node.env = { ...env };
  else if (env !== undefined) node.env = { ...process.env, ...env };
  if (cwd !== undefined) node.cwd = cwd instanceof URL ? fileURLToPath(cwd) : cwd;
  const [file, words] = shell === false ? [command, args] : shellCommand(taker, command, args, shell, node);
  return {
    line: commandLine(command, args),
    file,
    args: words,
    node,
    killSignal,
    grace: milliseconds(grace),
    group: own,
  };
}

/** POSIX: `sh -c line name $1 $2 …` (XCU, sh). */
function shellCommand(
  taker: string,
  line: string,
  args: readonly string[],
  shell: true | string,
  node: NodeOptions,
): [file: string, args: readonly string[]] {
  if (!windows) return [shell === true ? "/bin/sh" : shell, ["-c", line, "sh", ...args]];
  if (args.length > 0) throw new TypeError(`${taker}: on Windows a line for the shell takes no args`);
  node.shell = shell;
  return [line, []];
}

function checkText(taker: string, what: string, text: unknown): void {
  if (typeof text !== "string") throw new TypeError(`${taker}: ${what} is a string, not ${describe(text)}`);
  if (text.includes("\0"))
    throw new TypeError(`${taker}: ${what} has a zero byte in it, which no process can be given`);
}

/** Throws `TypeError` for what `stdin`, `stdout` or `stderr` can't be. */
export function checkStdio(taker: string, name: string, stdio: Stdio): Stdio {
  if (stdio === "pipe" || stdio === "inherit" || stdio === "ignore") return stdio;
  if (Number.isInteger(stdio) && stdio >= 0) return stdio;
  throw new TypeError(`${taker}: ${name} is "pipe", "inherit", "ignore" or a descriptor, not ${describe(stdio)}`);
}
