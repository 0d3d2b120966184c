/**
 * What ends a program from outside: SIGINT, SIGTERM, and a reader of its output that leaves. The first cancels main, whose
 * cleanup runs; a second signal ends the process at once. A program that listens for a signal itself keeps that signal.
 */
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM"] as const;
type Ending = (typeof signals)[number] | "SIGPIPE";

interface Reactions {
  /** At the first one. */
  readonly cancel: (signal: Ending) => void;
  /** At the second one. */
  readonly end: (exitCode: number) => void;
}

export class Interruption implements Disposable {
  /** The first that came. */
  signal: Ending | undefined;
  readonly #reactions: Reactions;
  readonly #listeners: readonly (readonly [Ending, () => void])[];
  readonly #readerLeft = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE" && this.signal === undefined) this.#first("SIGPIPE");
  };

  constructor(reactions: Reactions) {
    this.#reactions = reactions;
    this.#listeners = signals.map((signal) => [signal, () => this.#received(signal)] as const);
    for (const [signal, listener] of this.#listeners) process.on(signal, listener);
    process.stdout.on("error", this.#readerLeft);
  }

  /** As shells tell which signal it was. */
  get exitCode(): number | undefined {
    return this.signal === undefined ? undefined : 128 + constants.signals[this.signal];
  }

  #received(signal: (typeof signals)[number]): void {
    if (process.listenerCount(signal) > 1) return; // the program's own affair
    if (this.signal === undefined) this.#first(signal);
    else this.#reactions.end(128 + constants.signals[signal]);
  }

  #first(signal: Ending): void {
    this.signal = signal;
    this.#reactions.cancel(signal);
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
    process.stdout.off("error", this.#readerLeft);
  }
}
