/** A pool's end of the connection with one worker, be it a thread or a process. */
import type { Transferable } from "node:worker_threads";
import type { WorkerEnding } from "../errors.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** What a worker is started with. */
export interface WorkerStart {
  /** The address of the module. */
  readonly module: string;
  /** What the worker is called in the host's tools. */
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly resourceLimits: Readonly<ResourceLimits>;
}

/** Bounds of a worker's memory. A worker that goes beyond dies, and its call fails; the others go on. */
export interface ResourceLimits {
  /** Of the heap's main part. */
  readonly maxOldGenerationSizeMb?: number;
  /** Of the heap's part for young objects. */
  readonly maxYoungGenerationSizeMb?: number;
}

/** Hears what comes from the worker. */
export interface ChannelListener {
  message(message: FromWorker): void;
  /** The worker is no more, and has nothing left to say. `error` is what it died of, if something was thrown. */
  ended(ending: WorkerEnding, error: unknown): void;
}

export interface Channel {
  readonly kind: WorkerEnding["kind"];
  /** Sends. Throws for what can't be cloned, and has then sent nothing. */
  post(message: ToWorker, moved?: readonly Transferable[]): void;
  /** Lets a function that is busy find what was posted when it asks for it. */
  alert(): void;
  /** Whether the value can be sent. */
  clones(value: unknown): boolean;
  /** The worker keeps this process alive, or not. At first it does not. */
  hold(holds: boolean): void;
  /** Ends the worker at once, with what it has started. `ended` follows. */
  kill(): void;
}

/** The module that workers start with: built beside this one, or as its source. */
export const WORKER_MAIN: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./worker-main.ts" : "./worker-main.js",
  import.meta.url,
);
