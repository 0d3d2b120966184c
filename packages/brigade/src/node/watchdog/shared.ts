/** What the watched thread and its watchdog thread share: the heartbeat, the names of what runs, and their messages. */

/** Where the program was, as far as the host tells. */
export interface Place {
  /** The name of the task whose step ran; undefined outside tasks. */
  readonly task: string | undefined;
  /** Its coroutines, outermost first. */
  readonly coroutines: readonly string[];
  /** The program's own lines, innermost first, as in the stack of an error. */
  readonly stack: readonly string[];
}

export interface WatchdogData {
  readonly memory: SharedArrayBuffer;
  /** Milliseconds between two heartbeats. */
  readonly period: number;
  readonly threshold: number;
  /** Where it is written while the loop is blocked. */
  readonly descriptor: number | false;
  /** What gives the place, evaluated in the watched thread; undefined where the inspector is not to be used. */
  readonly expression: string | undefined;
}

export type FromWatchdog =
  | { readonly kind: "ready"; readonly sees: "line" | "task" }
  | { readonly kind: "ended" }
  | {
      readonly kind: "blocked";
      readonly duration: number;
      readonly place: Place | undefined;
      readonly written: boolean;
    };

const COUNT = 0; // of the heartbeats
const TEXT_LENGTH = 1; // bytes; 0 when no step runs
const HEADER = 16;
const TEXT_SIZE = 4096;

/** The heart beats on one thread, and is listened to on the other. */
export class Heartbeat {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #time: Float64Array;
  readonly #text: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEADER + TEXT_SIZE)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory, 0, 2);
    this.#time = new Float64Array(memory, 8, 1);
    this.#text = new Uint8Array(memory, HEADER, TEXT_SIZE);
  }

  beat(): void {
    this.#time[0] = now();
    Atomics.add(this.#cells, COUNT, 1);
  }

  get count(): number {
    return Atomics.load(this.#cells, COUNT);
  }

  /** When it beat last, on the clock of the thread on which it beats. */
  get time(): number {
    return this.#time[0] as number;
  }

  /** The task's name and, on a second line, its coroutines. Only written where the stack can't be read. */
  set running(text: string) {
    const { written } = encoder.encodeInto(text, this.#text);
    Atomics.store(this.#cells, TEXT_LENGTH, written);
  }

  get running(): string {
    return decoder.decode(this.#text.slice(0, Atomics.load(this.#cells, TEXT_LENGTH)));
  }

  /** No step runs. */
  rest(): void {
    Atomics.store(this.#cells, TEXT_LENGTH, 0);
  }
}

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder();

const { bigint } = process.hrtime; // the host's own, whatever a test puts in its place

/** Milliseconds. Each thread has a clock of its own: that of Deno and Bun begins with the thread. */
export function now(): number {
  return Number(bigint()) / 1e6;
}
