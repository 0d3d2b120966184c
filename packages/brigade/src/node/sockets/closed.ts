/** Waiting until a connection is closed. */
import type { RunningTask } from "../../task/frame.ts";
import { Reply } from "../../border/reply.ts";

/** What tells of its end. */
interface Closing {
  /** False if it is closed already. */
  wait(one: Closed): boolean;
  leave(one: Closed): void;
}

export class Closed extends Reply<void> {
  readonly #connection: Closing;

  constructor(connection: Closing, label: string) {
    super("close", label);
    this.#connection = connection;
  }

  protected override begin(): void {
    if (!this.#connection.wait(this)) this.succeed(undefined);
  }

  protected override abandoned(_task: RunningTask): void {
    this.#connection.leave(this);
  }
}
