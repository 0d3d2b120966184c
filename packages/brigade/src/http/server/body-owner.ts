/** What the body of a response belongs to: the exchange whose task made it. */
import { ContextVar } from "../../kernel/context.ts";
import type { TaskImpl } from "../../task/task.ts";
import type { AwaitableLike } from "../../types.ts";

export interface BodyOwner {
  readonly name: string;
  readonly method: string | undefined;
  /** Whether it was cancelled: its connection takes nothing any more. */
  readonly cut: boolean;
  /** Starts a task that is cancelled with the exchange. `ended` is called with the task when it is done. */
  start<T>(body: AwaitableLike<T>, name: string, ended: (task: TaskImpl<T>) => void): TaskImpl<T>;
  /** The body can't go on: reports why, and breaks the connection, so that the client does not take it for whole. */
  bodyFailed(error: unknown): void;
  /** Calls back when the server begins to end. Gives what undoes that. */
  onStop(stop: () => void): () => void;
}

/** The exchange of the code that runs, in its tasks and in those they create. */
export const currentExchange: ContextVar<BodyOwner | undefined> = new ContextVar<BodyOwner | undefined>("exchange", {
  default: undefined,
});
