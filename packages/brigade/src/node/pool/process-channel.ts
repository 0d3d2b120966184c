/** Workers that are processes: each in a group of its own, which is killed as a whole. */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { WorkerEnding } from "../errors.ts";
import { type Channel, type ChannelListener, WORKER_MAIN, type WorkerStart } from "./channel.ts";
import { flagsForProcesses } from "./flags.ts";
import { canBeFramed, frameOf, FrameReader } from "./framing.ts";
import { type FromWorker, PIPE, type ToWorker } from "./messages.ts";

const KEPT = 4 * 1024; // characters of stderr
// What a worker has left behind outside of its group may hold its pipes open for ever: they are not waited for longer.
const LAST_WORDS = 500; // ms
const GROUPS: boolean = process.platform !== "win32";

export class ProcessChannel implements Channel {
  readonly kind = "process";
  readonly #child: ChildProcess;
  readonly #pipe: Socket | undefined; // undefined where the process could not be started
  readonly #listener: ChannelListener;
  #stderr = "";
  #holds = false;
  #error: unknown;
  #ended = false;

  constructor(start: WorkerStart, listener: ChannelListener) {
    this.#listener = listener;
    const options: SpawnOptions = {
      stdio: ["ignore", "inherit", "pipe", "pipe"],
      detached: GROUPS, // Ctrl-C at a terminal goes to its foreground group: the pool decides when its workers end
      ...(start.env && { env: start.env }),
    };
    this.#child = spawn(process.execPath, [...flagsOf(start), fileURLToPath(WORKER_MAIN), start.module], options);
    this.#child.on("error", (error) => {
      this.#error = error;
      if (this.#child.pid === undefined) this.#end(undefined, undefined);
    });
    this.#child.on("exit", (code, signal) => this.#exited(code ?? undefined, signal ?? undefined));
    // Where it could not be started, for want of descriptors for instance, there are no pipes.
    const stdio = this.#child.stdio as readonly unknown[] | undefined;
    this.#pipe = (stdio?.[PIPE] as Socket | null) ?? undefined;
    const frames = new FrameReader((message) => listener.message(message as FromWorker));
    this.#pipe?.on("data", (piece: Buffer) => frames.push(piece));
    this.#pipe?.on("error", () => {}); // it is broken because the process has ended, which is told
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      process.stderr.write(text);
      this.#stderr = (this.#stderr + text).slice(-KEPT);
    });
    this.hold(false);
  }

  post(message: ToWorker): void {
    this.#pipe?.write(frameOf(message));
  }

  /** The pipe is all there is: a busy function looks into it. */
  alert(): void {}

  clones(value: unknown): boolean {
    return canBeFramed(value);
  }

  hold(holds: boolean): void {
    this.#holds = holds;
    const held = [this.#child, this.#pipe, this.#child.stderr as Socket | null | undefined];
    for (const handle of held) {
      if (holds) handle?.ref();
      else handle?.unref();
    }
  }

  kill(): void {
    this.#killGroup();
    this.#child.kill("SIGKILL");
  }

  #killGroup(): void {
    const { pid } = this.#child;
    if (!GROUPS || pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // nobody is left in it
    }
  }

  /** The process is no more. Its pipes may still hold what it said last. */
  #exited(code: number | undefined, signal: NodeJS.Signals | undefined): void {
    this.#killGroup(); // processes that it has started do not outlive it
    const end = (): void => {
      clearTimeout(timer);
      this.#end(code, signal);
    };
    const timer = setTimeout(end, LAST_WORDS);
    if (!this.#holds) timer.unref();
    this.#child.on("close", end);
  }

  #end(exitCode: number | undefined, signal: NodeJS.Signals | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pipe?.destroy();
    this.#child.stderr?.destroy();
    const stderr = this.#stderr;
    const reason = reasonOf(exitCode, signal, stderr, this.#error);
    this.#listener.ended({ kind: "process", reason, exitCode, signal, stderr }, this.#error);
  }
}

function reasonOf(
  exitCode: number | undefined,
  signal: NodeJS.Signals | undefined,
  stderr: string,
  error: unknown,
): WorkerEnding["reason"] {
  if (error !== undefined) return "error";
  const aborted = signal === "SIGABRT" || exitCode === 134; // 128 + SIGABRT, where a shell stands between
  if (aborted && /out of memory|Allocation failed/i.test(stderr)) return "out-of-memory";
  return signal === undefined ? "exit" : "signal";
}

function flagsOf({ execArgv, resourceLimits }: WorkerStart): string[] {
  const flags = [...(execArgv ?? flagsForProcesses())];
  const { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young } = resourceLimits;
  if (old !== undefined) flags.push(`--max-old-space-size=${old}`);
  if (young !== undefined) flags.push(`--max-semi-space-size=${young}`);
  return flags;
}
