/** What `exec` and `pipeline` take, and what they give. */
import { type Duration, milliseconds } from "../../duration.ts";
import { describe } from "../../errors.ts";
import type { Source } from "../../flow/source.ts";
import type { ExitStatus } from "./child.ts";
import type { Encoding } from "./collected.ts";
import { checkStdio, type Order, type ProcessOptions, type Stdio } from "./options.ts";

export interface ExecOptions extends ProcessOptions {
  /** What the command reads from stdin: all at once, or piece by piece, as fast as the command reads. */
  readonly input?: string | Uint8Array | Source<string | Uint8Array>;
  /** Without `input`: "ignore" unless told otherwise, so that a command never waits for a terminal. */
  readonly stdin?: Exclude<Stdio, "pipe">;
  /** "pipe" unless told otherwise: it is collected, and is empty in the result otherwise. */
  readonly stdout?: Stdio;
  /** As `stdout`. */
  readonly stderr?: Stdio;
  /** "utf8", or "bytes" for Uint8Arrays. */
  readonly encoding?: Encoding;
  /** Bytes of stdout, and of stderr, that are collected at most; 100 MiB each unless told otherwise. */
  readonly maxOutput?: number;
  /** Whether an exit code other than 0, or an end by a signal, throws `ExitError` (default). */
  readonly check?: boolean;
  /** Throws `TimeoutError` after this time, as `timeout(…)` around it would, but names the command. */
  readonly timeout?: Duration;
}

/** What a command did. Its output is given as it was written: the newline at its end is there. */
export interface ExecResult<T extends string | Uint8Array> extends ExitStatus {
  /** The command line, for people. */
  readonly command: string;
  readonly stdout: T;
  readonly stderr: T;
  /** Milliseconds from the start to the end. */
  readonly duration: number;
}

/** A command of a pipeline; its options count more than those of the pipeline. */
export type Stage = readonly [command: string, args?: readonly string[], options?: ProcessOptions];

/** What one command of a pipeline did. */
export interface StageResult<T extends string | Uint8Array> extends ExitStatus {
  /** The command line, for people. */
  readonly command: string;
  readonly stderr: T;
}

export interface PipelineResult<T extends string | Uint8Array> {
  /** Of the last command. */
  readonly stdout: T;
  readonly stages: readonly StageResult<T>[];
  /** Milliseconds from the start to the end of the last to end. */
  readonly duration: number;
}

/** What is to be done. */
export interface Plan {
  /** For messages. */
  readonly line: string;
  /** Not empty. */
  readonly orders: readonly Order[];
  readonly input: ExecOptions["input"];
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
  readonly encoding: Encoding;
  readonly maxOutput: number;
  readonly check: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

const MOST = 100 * 1024 * 1024;

/** Throws `TypeError` and `RangeError` for options that can't be, before anything is started. */
export function planOf(taker: string, orders: readonly Order[], options: ExecOptions): Plan {
  const { input, encoding = "utf8", maxOutput = MOST } = options;
  if (encoding !== "utf8" && encoding !== "bytes") {
    throw new RangeError(`${taker}: encoding is "${describe(encoding)}"; use "utf8" or "bytes"`);
  }
  if (!(typeof maxOutput === "number" && maxOutput >= 0)) {
    throw new RangeError(`${taker}: maxOutput is ${maxOutput}; use a number of bytes, or Infinity`);
  }
  return {
    line: orders.map((order) => order.line).join(" | "),
    orders,
    input,
    stdin: stdinOf(taker, options),
    stdout: checkStdio(taker, "stdout", options.stdout ?? "pipe"),
    stderr: checkStdio(taker, "stderr", options.stderr ?? "pipe"),
    encoding,
    maxOutput,
    check: options.check ?? true,
    timeout: milliseconds(options.timeout ?? Infinity),
  };
}

function stdinOf(taker: string, { input, stdin }: ExecOptions): Stdio {
  if (input === undefined) {
    if ((stdin as Stdio | undefined) === "pipe")
      throw new TypeError(`${taker}: stdin "pipe" needs input; for a conversation with a process there is spawn`);
    return checkStdio(taker, "stdin", stdin ?? "ignore");
  }
  if (stdin !== undefined)
    throw new TypeError(`${taker}: stdin is "${stdin}", so input could not reach the command: give one of them`);
  if (typeof input !== "string" && (typeof input !== "object" || input === null)) {
    throw new TypeError(`${taker}: input is a string, a Uint8Array or a source of them, not ${describe(input)}`);
  }
  return "pipe";
}
