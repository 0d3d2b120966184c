/** A thread's end of the connection with its pool: a message port, and memory that both see. */
import { type MessagePort, receiveMessageOnPort, type Transferable } from "node:worker_threads";
import { ALERT, type FromWorker, POSTED, type ToWorker } from "./messages.ts";
import { runningCall } from "./worker-call.ts";
import type { WorkerPort } from "./worker-port.ts";

// How long a thread that is done waits for the next call with its event loop standing still. Its timers are late by no more.
const LINGERING = 2; // ms
const LONGEST_WITHOUT_TURN = 5; // ms

const NOTHING: readonly Transferable[] = []; // postMessage is quicker with a list than without

export class ThreadPort implements WorkerPort {
  readonly #port: MessagePort;
  readonly #shared: Int32Array;
  #take: (message: ToWorker) => void = () => {};
  #leaving = false;
  #turn = 0; // when the event loop last had its turn

  constructor(port: MessagePort, shared: Int32Array) {
    this.#port = port;
    this.#shared = shared;
  }

  post(message: FromWorker, moved?: readonly Transferable[]): void {
    this.#port.postMessage(message, (moved ?? NOTHING) as Transferable[]);
  }

  clones(value: unknown): boolean {
    try {
      structuredClone(value);
      return true;
    } catch {
      return false;
    }
  }

  listen(take: (message: ToWorker) => void): void {
    this.#take = take;
    this.#port.on("message", (message: ToWorker) => {
      this.#turn = performance.now();
      take(message);
      this.linger();
    });
    // What can't be read here is lost to the pool if nobody says so: the worker dies of it, and the call fails.
    this.#port.on("messageerror", (error) => {
      throw error;
    });
  }

  hear(): void {
    if (Atomics.load(this.#shared, ALERT) === 0) return;
    Atomics.store(this.#shared, ALERT, 0);
    while (this.#receive());
  }

  #receive(): boolean {
    const received = receiveMessageOnPort(this.#port);
    if (received === undefined) return false;
    this.#take(received.message as ToWorker);
    return true;
  }

  linger(): void {
    // What the module has printed is taken by the pool's thread piece by piece, in turns of this event loop.
    if (process.stdout.writableLength > 0 || process.stderr.writableLength > 0) return;
    while (runningCall === undefined && !this.#leaving && performance.now() - this.#turn < LONGEST_WITHOUT_TURN) {
      const posted = Atomics.load(this.#shared, POSTED);
      if (this.#receive()) continue;
      if (Atomics.wait(this.#shared, POSTED, posted, LINGERING) === "timed-out") return;
    }
  }

  leave(): void {
    this.#leaving = true;
    process.stdout.write("", () => process.stderr.write("", () => process.exit()));
  }
}
