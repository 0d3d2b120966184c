/** Watches from a thread of its own that the loop goes on, and says what blocks it while it is blocked. */
import { setInterval } from "node:timers";
import { threadId, Worker } from "node:worker_threads";
import { type Duration, milliseconds } from "../../duration.ts";
import { guarded, text } from "../../kernel/callback.ts";
import type { AsyncContextManager } from "../../flow/use.ts";
import { coroutine } from "../../task/coroutine.ts";
import { runningTaskLoop, type TaskLoop } from "../../task/event-loop.ts";
import type { Closer } from "../../task/home.ts";
import type { Awaitable, CoroutineBody, Task } from "../../types.ts";
import { EndingReply, Reply } from "../../border/reply.ts";
import { runningTask, type Sight, sight } from "./place.ts";
import { RunningNames } from "./running-names.ts";
import { type FromWatchdog, Heartbeat, type WatchdogData } from "./shared.ts";
import { stackOf, wasBlocked } from "./text.ts";

export interface WatchBlockingOptions {
  /** How long the loop may be without an answer, 100 ms by default; at least 20 ms. */
  readonly threshold?: Duration;
  /** The file descriptor to which it is written while the loop is blocked: 2, stderr, by default. `false` writes nothing. */
  readonly descriptor?: number | false;
  /** Whether the inspector may be asked for the line. Without it only the task and its coroutines are known, at a cost per step. */
  readonly inspector?: boolean;
  /** Called when the loop goes on, in place of the loop's report. */
  readonly onBlocked?: (block: BlockedLoop) => void;
}

/** A time in which the loop ran nothing else. */
export interface BlockedLoop {
  /** Milliseconds; the heartbeat is not more exact than a fifth of the threshold. */
  readonly duration: number;
  readonly message: string;
  /** The blocking line first: `parse (/app/orders.ts:12:7)`. Empty where it is not known. */
  readonly stack: readonly string[];
  /** The task whose step it was, where the host tells. */
  readonly task?: Task<unknown>;
}

export interface Watchdog {
  /** Whether a block is reported with its line, or with the names of task and coroutines alone. */
  readonly sees: "line" | "task";
  /** How often the loop has been blocked. */
  readonly blocks: number;
}

const SHORTEST_THRESHOLD = 20;
const MOST_BETWEEN_BEATS = 50; // ms

/**
 * Watches the running loop until the body of `use` has ended. When the loop has not answered for `threshold`, a thread writes to
 * stderr what blocks it, while it is still blocked: the line, the task, its coroutines, how long so far; again after 1 s more,
 * then 2 s, and so on. When the loop goes on, a report of kind `"blocked-loop"` gives the whole time (asyncio's
 * slow-callback warning comes only then). A debugger at a breakpoint, and a process that was stopped, are not blocks. In a
 * native call (synchronous I/O, `JSON.parse`) the line can't be read before it returns, and that is said.
 *
 * The line needs `node:inspector`: Node has it, on the main thread. Elsewhere the task and its coroutines are named. Entering
 * waits for the thread, some 50 ms; a cancellation meanwhile ends it. Throws `RangeError` for a threshold below 20 ms.
 *
 * @example
 * ```ts
 * import { run, sleep, use } from "brigade";
 * import { watchBlocking } from "brigade/node";
 *
 * const onReport = ({ kind, message }: { kind: string; message: string }) => console.log(kind, message);
 * await run(
 *   use(watchBlocking({ threshold: "50ms", descriptor: false }), function* () {
 *     yield* sleep("10ms");
 *     const until = performance.now() + 200;
 *     while (performance.now() < until); // nothing else runs
 *     yield* sleep("10ms");
 *   }),
 *   { onReport },
 * );
 * ```
 */
export function watchBlocking(options: WatchBlockingOptions = {}): AsyncContextManager<Watchdog> {
  const { threshold = "100ms", descriptor = 2, inspector = true, onBlocked } = options;
  const limit = milliseconds(threshold);
  if (!(limit >= SHORTEST_THRESHOLD && limit < Infinity)) {
    throw new RangeError(`watchBlocking: the threshold is ${threshold}; use ${SHORTEST_THRESHOLD} ms or more`);
  }
  if (descriptor !== false && !(Number.isInteger(descriptor) && descriptor >= 0)) {
    throw new RangeError(
      `watchBlocking: descriptor is ${String(descriptor)}; use a file descriptor, such as 2, or false`,
    );
  }
  let watching: Watching | undefined;
  return {
    enter: coroutine(function* watchBlocking(): CoroutineBody<Watchdog> {
      watching = new Watching(runningTaskLoop(), { threshold: limit, descriptor, inspector, onBlocked });
      yield* watching.started();
      return watching;
    }),
    exit: coroutine(function* watchBlocking(): CoroutineBody<void> {
      if (watching !== undefined) yield* watching.close();
    }),
  };
}

interface Settings {
  readonly threshold: number;
  readonly descriptor: number | false;
  readonly inspector: boolean;
  readonly onBlocked: ((block: BlockedLoop) => void) | undefined;
}

/** The thread is starting. Cancellation ends it. */
class Starting extends EndingReply<void> {
  readonly #thread: Worker;

  constructor(thread: Worker) {
    super("watchdog's start");
    this.#thread = thread;
  }

  protected stop(): void {
    void this.#thread.terminate();
  }
}

/** Beside this file: .ts in the sources, .js where they are built. */
function threadFile(): URL {
  return new URL(`./thread${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);
}

let watchdogs = 0; // that were ever made on this thread

class Watching implements Watchdog, Closer {
  sees: "line" | "task" = "line";
  blocks = 0;
  readonly #loop: TaskLoop;
  readonly #settings: Settings;
  readonly #heartbeat = new Heartbeat();
  readonly #hook = `brigade.watchdog.${threadId}.${++watchdogs}`; // under this symbol the inspector finds what to call
  readonly #names: RunningNames;
  readonly #beats: NodeJS.Timeout;
  readonly #thread: Worker;
  readonly #starting: Starting;
  readonly #ended = new Reply<void>("watchdog's end"); // the thread has
  #blocking: Task<unknown> | undefined; // whose step the inspector saw last

  constructor(loop: TaskLoop, settings: Settings) {
    const { threshold, descriptor } = settings;
    this.#loop = loop;
    this.#settings = settings;
    this.#names = new RunningNames(this.#heartbeat);
    const period = Math.min(threshold / 5, MOST_BETWEEN_BEATS);
    const data: WatchdogData = {
      memory: this.#heartbeat.memory,
      period,
      threshold,
      descriptor,
      expression: settings.inspector ? `globalThis[Symbol.for(${JSON.stringify(this.#hook)})]?.()` : undefined,
    };
    this.#thread = new Worker(threadFile(), { workerData: data, execArgv: [], name: "brigade watchdog" });
    this.#starting = new Starting(this.#thread);
    this.#heartbeat.beat();
    this.#beats = setInterval(() => this.#heartbeat.beat(), period);
    this.#beats.unref();
    this.#see(); // so that nothing in it is compiled, or done for the first time, where the program is interrupted
    Reflect.set(globalThis, Symbol.for(this.#hook), () => this.#see());
    loop.closers.add(this);
    this.#thread.on("message", (message: FromWatchdog) => {
      if (message.kind === "ready") this.#ready(message.sees);
      else if (message.kind === "blocked") this.#blocked(message);
      else this.#tell("end"); // some hosts lose the last messages of a thread that ends by itself
    });
    this.#thread.on("error", (error) => this.#failed(error));
    this.#thread.on("exit", () => this.#exited());
  }

  #see(): Sight {
    this.#blocking = runningTask();
    return sight(this.#heartbeat.count);
  }

  /** Waits until it watches. */
  started(): Awaitable<void> {
    return this.#starting;
  }

  #ready(sees: "line" | "task"): void {
    this.sees = sees;
    if (sees === "task") this.#loop.watchSteps(this.#names);
    this.#thread.unref();
    this.#starting.succeed();
  }

  close(): Awaitable<void> {
    this.#loop.closers.delete(this);
    this.#thread.ref();
    this.#tell("stop");
    return this.#ended;
  }

  /** First to stop, then to end. */
  #tell(what: "stop" | "end"): void {
    this.#thread.postMessage(what); // oxlint-disable-line unicorn/require-post-message-target-origin -- it is no window
  }

  #exited(): void {
    clearInterval(this.#beats);
    Reflect.deleteProperty(globalThis, Symbol.for(this.#hook));
    this.#loop.closers.delete(this);
    if (this.#loop.stepWatch === this.#names) this.#loop.watchSteps(undefined);
    this.#starting.fail(new Error("watchBlocking: the watchdog's thread ended before it watched"));
    this.#ended.succeed();
  }

  #failed(error: unknown): void {
    const message = "the watchdog's thread has failed: nobody watches any more whether the loop is blocked";
    if (this.#starting.pending) this.#starting.fail(new Error(`watchBlocking: ${text(error)}`, { cause: error }));
    else this.#loop.report({ kind: "callback-error", message: `${message}: ${text(error)}`, error });
  }

  #blocked({ duration, place, written }: FromWatchdog & { kind: "blocked" }): void {
    this.blocks++;
    const message = wasBlocked(duration, place);
    const task = this.#blocking;
    this.#blocking = undefined;
    const { onBlocked } = this.#settings;
    const who = task === undefined ? {} : { task };
    if (onBlocked) {
      guarded(this.#loop, () => onBlocked({ duration, message, stack: place?.stack ?? [], ...who }));
      return;
    }
    const error = new Error(message);
    error.stack = stackOf(message, place);
    // The console has seen the stack already, while the loop was blocked; without a place there is none.
    const shown = place === undefined || (written && !this.#loop.listened);
    this.#loop.report({ kind: "blocked-loop", message, ...(shown ? {} : { error }), ...who });
  }
}
