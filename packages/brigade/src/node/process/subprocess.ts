/**
 * A process with pipes to it, as a resource: started when `use` enters, and ended, with what it started, when it
 * leaves.
 */
import { InvalidStateError } from "../../errors.ts";
import { type AsyncContextManager, contextManager } from "../../flow/use.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody, Suspension } from "../../types.ts";
import type { ByteReader } from "../bytes/reader.ts";
import { type ByteWriter, writerOfWritable } from "../bytes/writer.ts";
import { BrokenPipeError } from "../errors.ts";
import { Child, type ExitStatus } from "./child.ts";
import { launch, whyNot } from "./launch.ts";
import { checkStdio, type Order, orderOf, type ProcessOptions, type Stdio } from "./options.ts";
import { PipeSource } from "./pipe-source.ts";

export interface SpawnOptions extends ProcessOptions {
  /** "pipe" unless told otherwise. */
  readonly stdin?: Stdio;
  /** "pipe" unless told otherwise. */
  readonly stdout?: Stdio;
  /**
   * "pipe" unless told otherwise. A pipe that nobody reads holds the process up once it is full: "ignore" it, or read
   * it.
   */
  readonly stderr?: Stdio;
}

type Pipes = readonly [stdin: Stdio, stdout: Stdio, stderr: Stdio];

/**
 * A process that `spawn` has started (asyncio.subprocess.Process). Leaving `use` ends it.
 *
 * @example
 * ```ts
 * import { coroutine, run, use } from "brigade";
 * import { spawn, type Subprocess } from "brigade/node";
 *
 * const ask = coroutine(function* (calculator: Subprocess, question: string) {
 *   yield* calculator.stdin.write(`${question}\n`);
 *   return yield* calculator.stdout.readLine();
 * });
 * const line = 'while read -r question; do echo "$(($question))"; done';
 * await run(
 *   use(spawn(line, [], { shell: true }), function* (calculator) {
 *     console.log(yield* ask(calculator, "6 * 7"));
 *     console.log(yield* calculator.terminate());
 *   }),
 * );
 * ```
 */
export class Subprocess {
  readonly #child: Child;
  readonly #pipes: Pipes;
  readonly #stdin: ByteWriter | undefined;
  readonly #stdout: PipeSource | undefined;
  readonly #stderr: PipeSource | undefined;

  /** @internal */
  constructor(child: Child, pipes: Pipes) {
    const { line } = child.order;
    const { stdin, stdout, stderr } = child.process;
    this.#child = child;
    this.#pipes = pipes;
    const failure = (error: Error): Error => brokenPipe(child, error);
    if (stdin) this.#stdin = writerOfWritable(stdin, { label: `stdin of "${line}"`, failure });
    if (stdout) this.#stdout = new PipeSource(stdout, `stdout of "${line}"`);
    if (stderr) this.#stderr = new PipeSource(stderr, `stderr of "${line}"`);
  }

  /** The command line, for people. */
  get command(): string {
    return this.#child.order.line;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** How it ended; undefined while it runs. */
  get exitStatus(): ExitStatus | undefined {
    return this.#child.status;
  }

  /**
   * What the process reads. `write` waits while the process reads more slowly; `end` tells it that no more comes.
   * Throws `BrokenPipeError` when the process has closed it, or has ended. The getter throws `InvalidStateError` if it
   * is no pipe.
   */
  get stdin(): ByteWriter {
    return this.#stdin ?? this.#noPipe("stdin", 0);
  }

  /**
   * What the process writes; it is held up while nobody reads. The getter throws `InvalidStateError` if it is no pipe.
   */
  get stdout(): ByteReader {
    return this.#stdout?.reader ?? this.#noPipe("stdout", 1);
  }

  /** As `stdout`. */
  get stderr(): ByteReader {
    return this.#stderr?.reader ?? this.#noPipe("stderr", 2);
  }

  /**
   * Waits until the process has exited; several tasks may. Its output may be read after that. A process whose pipes are
   * full does not exit: read them (as asyncio's wait). Cancellation leaves the process alone.
   */
  wait(): Awaitable<ExitStatus> {
    return this.#child.exit();
  }

  /**
   * Sends a signal, SIGTERM unless told otherwise, to the process and what it started (with `group: false`, to it
   * alone). Waits for nothing. False if nobody is left to get it. Throws `KillError` if this program may not do that.
   */
  kill(signal: NodeJS.Signals | number = "SIGTERM"): boolean {
    return this.#child.send(signal);
  }

  /**
   * Asks the process and what it started to end, by `killSignal`, then after `grace` by SIGKILL, and waits until
   * nothing is left, which leaving `use` does as well. Output that was not read by then is dropped. Gives how the
   * process ended.
   */
  terminate(): Awaitable<ExitStatus> {
    return terminating(this, this.#child);
  }

  /** Nobody reads its output any more. @internal */
  drain(): void {
    this.#stdout?.drain();
    this.#stderr?.drain();
  }

  #noPipe(name: string, place: 0 | 1 | 2): never {
    throw new InvalidStateError(
      `${name} of "${this.command}" is no pipe: the process was started with ${name}: ${JSON.stringify(this.#pipes[place])}`,
    );
  }
}

const terminating = /* @__PURE__ */ coroutine(function* terminate(
  subprocess: Subprocess,
  child: Child,
): CoroutineBody<ExitStatus> {
  child.askToEnd();
  subprocess.drain();
  yield* child.close();
  return child.status as ExitStatus;
});

function brokenPipe(child: Child, error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  const closed = error instanceof InvalidStateError || code === "ERR_STREAM_DESTROYED"; // by the host, since the process has ended
  if (!closed && code !== "EPIPE" && code !== "ECONNRESET") return error;
  const what = child.running ? "has closed its stdin" : "has ended";
  const { line } = child.order;
  return new BrokenPipeError(`"${line}" takes no more input: it ${what}`, line, { cause: error });
}

/**
 * A process, with its stdin, stdout and stderr as a writer and readers (asyncio.create_subprocess_exec). It is started
 * when `use` enters, without a shell unless asked, in a process group of its own.
 *
 * When `use` is left with the process running, by the body's end, an error or a cancellation, the process and what it
 * started are asked to end (`killSignal`), and after `grace` they are killed; `use` ends when the process was reaped
 * and its pipes are closed. If the process has exited, what it left running has 100 ms to end by itself before the same
 * is done to it. A process that made a session of its own (a daemon) is not reached. What still runs when this program
 * ends, by `process.exit` or an error that nobody catches, is killed; when this program is killed itself, by SIGKILL or
 * another signal that it does not handle (`handleSignals` of `run` handles SIGINT and SIGTERM), it runs on.
 *
 * `use` throws `SpawnError` when the process can't be started, and `KillError` when it can't be ended. Wrong options
 * throw `TypeError` and `RangeError` at once. On Windows only the process itself is ended, at once.
 *
 * @example
 * ```ts
 * import { forEach, run, use } from "brigade";
 * import { spawn } from "brigade/node";
 *
 * await run(
 *   use(spawn("sort", ["-n"]), function* (sort) {
 *     yield* sort.stdin.write("10\n9\n");
 *     yield* sort.stdin.end();
 *     yield* forEach(sort.stdout.lines(), (line) => console.log(line));
 *     console.log(yield* sort.wait());
 *   }),
 * );
 * ```
 */
export function spawn(
  command: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): AsyncContextManager<Subprocess> {
  const order = orderOf("spawn", command, args, options);
  const { stdin = "pipe", stdout = "pipe", stderr = "pipe" } = options;
  return spawning(order, [
    checkStdio("spawn", "stdin", stdin),
    checkStdio("spawn", "stdout", stdout),
    checkStdio("spawn", "stderr", stderr),
  ]);
}

const spawning: (order: Order, pipes: Pipes) => AsyncContextManager<Subprocess> = /* @__PURE__ */ contextManager(
  function* spawn(order: Order, pipes: Pipes): Generator<Suspension | Subprocess, void, unknown> {
    const process = launch(order, [...pipes]);
    if (process.pid === undefined) throw yield* whyNot(order, process);
    const child = new Child(order, process);
    const subprocess = new Subprocess(child, pipes);
    try {
      yield subprocess;
    } finally {
      subprocess.drain();
      yield* child.close();
    }
  },
);
