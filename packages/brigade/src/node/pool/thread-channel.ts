/** Workers that are threads of this process. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Transferable, Worker } from "node:worker_threads";
import type { WorkerEnding } from "../errors.ts";
import { type Channel, type ChannelListener, WORKER_MAIN, type WorkerStart } from "./channel.ts";
import { flagsForThreads } from "./flags.ts";
import { ALERT, type FromWorker, POSTED, type ToWorker } from "./messages.ts";
import type { ThreadStart } from "./worker-main.ts";

const NOTHING: readonly Transferable[] = []; // postMessage is quicker with a list than without
const PLACES = 2; // of the shared memory: POSTED and ALERT

export class ThreadChannel implements Channel {
  readonly kind = "thread";
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #shared = new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
  readonly #listener: ChannelListener;
  #error: unknown;

  constructor(start: WorkerStart, listener: ChannelListener) {
    this.#listener = listener;
    const { port1, port2 } = new MessageChannel();
    const execArgv = start.execArgv ?? flagsForThreads();
    const workerData: ThreadStart = { port: port2, shared: this.#shared, module: start.module };
    this.#worker = new Worker(WORKER_MAIN, {
      workerData,
      transferList: [port2],
      name: start.name,
      resourceLimits: start.resourceLimits,
      ...(start.env && { env: start.env as NodeJS.ProcessEnv }),
      ...(execArgv && { execArgv: [...execArgv] }),
    });
    this.#port = port1;
    this.#port.on("message", (message: FromWorker) => listener.message(message));
    // What can't be read here: the call that it answers could never end.
    this.#port.on("messageerror", (error) => {
      this.#error ??= error;
      this.kill();
    });
    this.#worker.on("error", (error) => {
      this.#error = error;
    });
    this.#worker.on("exit", (code) => this.#ended(code));
    this.hold(false);
  }

  post(message: ToWorker, moved?: readonly Transferable[]): void {
    this.#port.postMessage(message, (moved ?? NOTHING) as Transferable[]);
    Atomics.add(this.#shared, POSTED, 1);
    Atomics.notify(this.#shared, POSTED, 1);
  }

  alert(): void {
    Atomics.store(this.#shared, ALERT, 1);
  }

  clones(value: unknown): boolean {
    try {
      structuredClone(value);
      return true;
    } catch {
      return false;
    }
  }

  hold(holds: boolean): void {
    if (holds) {
      this.#port.ref();
      this.#worker.ref();
    } else {
      this.#port.unref();
      this.#worker.unref();
    }
  }

  kill(): void {
    void this.#worker.terminate();
  }

  #ended(exitCode: number): void {
    // What it said last may not have been handed over yet.
    for (let last = receiveMessageOnPort(this.#port); last; last = receiveMessageOnPort(this.#port)) {
      this.#listener.message(last.message as FromWorker);
    }
    this.#port.close();
    const error = this.#error;
    this.#listener.ended({ kind: "thread", reason: reasonOf(error), exitCode, signal: undefined, stderr: "" }, error);
  }
}

function reasonOf(error: unknown): WorkerEnding["reason"] {
  if (error === undefined) return "exit";
  return (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY" ? "out-of-memory" : "error";
}
