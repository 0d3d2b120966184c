/** A worker's end of the connection with its pool. */
import type { Transferable } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./messages.ts";

export interface WorkerPort {
  /** Sends. Throws for what can't be cloned, and has then sent nothing. */
  post(message: FromWorker, moved?: readonly Transferable[]): void;
  /** Whether the value can be sent. */
  clones(value: unknown): boolean;
  /** From now on each message is handed over as it comes. */
  listen(take: (message: ToWorker) => void): void;
  /** Hands over what has come, although the event loop has no turn. */
  hear(): void;
  /**
   * A call has ended: while none runs, hands over what comes in the next moments at once. That is quicker than a turn of
   * the event loop.
   */
  linger?(): void;
  /** Ends the worker, once what it has sent is on its way. */
  leave(): void;
}
