/** Signals to the process as a stream: none that comes between two reads is lost, and nothing is left when it ends. */
import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import { InvalidStateError } from "../../errors.ts";
import { asyncIteratorOf } from "../../flow/async-iterator.ts";
import type { Stream } from "../../flow/stream.ts";
import { host } from "../../kernel/host.ts";
import { runningLoop } from "../../kernel/loop.ts";
import { coroutine } from "../../task/coroutine.ts";
import { runningTaskLoop, type TaskLoop } from "../../task/event-loop.ts";
import type { RunningTask } from "../../task/frame.ts";
import type { Closer } from "../../task/home.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import { Reply } from "../../border/reply.ts";

const END: IteratorReturnResult<void> = { done: true, value: undefined };
const UNCATCHABLE = new Set(["SIGKILL", "SIGSTOP"]);

/**
 * The signals of these names that come to the process, from the first read on (asyncio: `loop.add_signal_handler`). A signal
 * that comes between two reads waits for the next one; if the same is waiting already, the two are one, as in the operating
 * system. While it listens, the signal does not do what it does by default, such as to end the process.
 *
 * Waiting for a signal keeps the process alive, and is no deadlock. Closing the stream, the end of the run, and the
 * cancellation of its reader end it: the default action is back. `run`'s `handleSignals` is told of the same signals and cancels
 * main: leave it off for those that a program handles itself. `SIGUSR1` starts Node's debugger unless something listens.
 *
 * Throws `TypeError` for what is no signal of this system, for `SIGKILL` and `SIGSTOP`, which no process can catch, and without
 * any name; `InvalidStateError` on a worker thread, which no signal reaches.
 *
 * @example
 * ```ts
 * import { createTask, forEach, run, sleep } from "brigade";
 * import { signals } from "brigade/node";
 *
 * await run(function* () {
 *   const reloads = createTask(forEach(signals("SIGHUP"), (name) => console.log(name, "read the settings again")));
 *   yield* sleep("10ms");
 *   process.kill(process.pid, "SIGHUP");
 *   yield* sleep("50ms");
 *   reloads.cancel();
 * });
 * ```
 */
export function signals(...names: NodeJS.Signals[]): Stream<NodeJS.Signals> {
  if (names.length === 0) throw new TypeError('signals: name at least one signal, such as "SIGTERM"');
  for (const name of names) checkName(name);
  if (!isMainThread) {
    throw new InvalidStateError(
      `signals: no signal reaches a worker thread; listen for ${names.join(", ")} on the main one`,
    );
  }
  return new SignalStream([...new Set(names)]);
}

function checkName(name: unknown): void {
  if (UNCATCHABLE.has(name as string)) throw new TypeError(`signals: no process can catch ${String(name)}`);
  if (typeof name === "string" && Object.hasOwn(constants.signals, name)) return;
  const known = Object.keys(constants.signals).filter((other) => !UNCATCHABLE.has(other));
  throw new TypeError(`signals: ${JSON.stringify(name)} is no signal of this system; it has ${known.join(", ")}`);
}

class SignalStream implements Stream<NodeJS.Signals>, Closer {
  readonly #names: readonly NodeJS.Signals[];
  readonly #label: string;
  #state: "unread" | "listening" | "closed" = "unread";
  #loop: TaskLoop | undefined = runningLoop as TaskLoop | undefined; // where it was made or first read
  #releases: (() => void)[] = []; // not empty ⇔ listening
  readonly #waiting = new Set<NodeJS.Signals>(); // came and were not read, in the order of their coming; bounded by the names
  #reader: Read | undefined; // waits ⇒ #waiting is empty

  constructor(names: readonly NodeJS.Signals[]) {
    this.#names = names;
    this.#label = names.join(", ");
  }

  next(): Awaitable<IteratorResult<NodeJS.Signals, void>> {
    return new Read(this, this.#label);
  }

  /** A task reads. Says what there is: undefined when it has to wait. */
  read(reader: Read, task: RunningTask): IteratorResult<NodeJS.Signals, void> | undefined {
    if (this.#reader !== undefined)
      throw new InvalidStateError(`signals(${this.#label}) is being read; one task at a time can do that`);
    if (this.#state === "closed") return END;
    if (this.#state === "unread") this.#listen(task.loop as TaskLoop);
    for (const name of this.#waiting) {
      this.#waiting.delete(name);
      return { done: false, value: name };
    }
    this.#reader = reader;
    return undefined;
  }

  #listen(loop: TaskLoop): void {
    this.#state = "listening";
    this.#loop = loop;
    loop.closers.add(this);
    for (const name of this.#names) this.#releases.push(host.onSignal(name, () => this.#came(name)));
  }

  #came(name: NodeJS.Signals): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#waiting.add(name);
    else reader.succeed({ done: false, value: name });
  }

  /** Nobody reads any more. */
  end(): void {
    this.#state = "closed";
    this.#reader = undefined;
    this.#waiting.clear();
    this.#loop?.closers.delete(this);
    for (const release of this.#releases.splice(0)) release();
  }

  close(): Awaitable<void> {
    return closing(this, this.#label);
  }

  get beingRead(): boolean {
    return this.#reader !== undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<NodeJS.Signals, void> {
    return asyncIteratorOf(this, this.#loop ?? runningTaskLoop());
  }
}

const closing = /* @__PURE__ */ coroutine(function* close(stream: SignalStream, label: string): CoroutineBody<void> {
  if (stream.beingRead) throw new InvalidStateError(`signals(${label}) is being read; cancel its reader to close it`);
  stream.end();
});

class Read extends Reply<IteratorResult<NodeJS.Signals, void>> {
  readonly #stream: SignalStream;
  #release: (() => void) | undefined; // set while the process is kept alive for it

  constructor(stream: SignalStream, label: string) {
    super("signal", label);
    this.#stream = stream;
  }

  protected override begin(task: RunningTask): void {
    const result = this.#stream.read(this, task);
    if (result !== undefined) this.succeed(result);
    else this.#release = host.hold();
  }

  protected override finish(): IteratorResult<NodeJS.Signals, void> {
    this.#release?.();
    return super.finish();
  }

  /** A reader that leaves ends the stream, as it does any other. */
  protected override unwind(task: RunningTask): void {
    this.#release?.();
    this.#stream.end();
    super.unwind(task);
  }
}
