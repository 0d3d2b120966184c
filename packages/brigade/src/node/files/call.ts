/**
 * One request to the file system, as something a task waits for. It can't be stopped: a cancelled task unwinds when it
 * has ended.
 */
import type { Awaitable } from "../../types.ts";
import { EndingReply } from "../../border/reply.ts";
import { fileError } from "./failure.ts";

/** How `node:fs` answers. */
export type Done<T> = (error: NodeJS.ErrnoException | null | undefined, value: T) => void;

/**
 * Asks, and says where the answer goes. What the answer gives to be closed or removed is noted here: nobody may be left
 * to see it.
 */
type Ask<T> = (done: Done<T>) => void;

/**
 * Whether an error counts when the task that waits was cancelled: data that could not be written is told, whatever else
 * happens.
 */
export type Told = "always" | "to-who-waits";

export class FileCall<T> extends EndingReply<T> {
  #ask: Ask<T> | undefined;
  readonly #operation: string;
  readonly #path: string;
  readonly #told: Told;

  constructor(operation: string, path: string, ask: Ask<T>, told: Told = "to-who-waits") {
    super(operation, path);
    this.#operation = operation;
    this.#path = path;
    this.#ask = ask;
    this.#told = told;
  }

  /** Asks now, rather than when somebody waits. */
  begun(): this {
    this.begin();
    return this;
  }

  protected override begin(): void {
    const ask = this.#ask;
    this.#ask = undefined;
    ask?.((error, value) => {
      if (error) this.fail(fileError(error, this.#operation, this.#path));
      else this.succeed(value);
    });
  }

  protected stop(): void {
    // The thread that does it can't be told.
  }

  protected override answersStop(): boolean {
    return this.#told !== "always";
  }
}

/** Waits for one request to the file system. */
export function call<T>(operation: string, path: string, ask: Ask<T>, told?: Told): Awaitable<T> {
  return new FileCall(operation, path, ask, told);
}
