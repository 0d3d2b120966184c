/** One statement on its way: answered once, whatever happens to its connection. */
import type { CallbackReply } from "brigade";
import { callFailure, codeOf, QUERY_CANCELED } from "../failures.ts";
import type { Answered, Rows } from "../driver/link.ts";
import type { Settings } from "../settings.ts";
import type { Statement } from "../sql/statement.ts";
import type { Connection, InFlight } from "./connection.ts";

/** What becomes of the rows: themselves, the first one, … It may throw, which is then the call's error. */
export type Shape<R> = (rows: Rows<unknown>) => R;

/** A plan that the server keeps does not fit any more, and nothing has run. */
function isStalePlan(error: unknown): boolean {
  const { routine } = error as { readonly routine?: string };
  return codeOf(error) === "0A000" && routine === "RevalidateCachedQuery";
}

export abstract class Call<R> implements Answered, InFlight {
  readonly statement: Statement;
  readonly #shape: Shape<R>;
  readonly #reply: CallbackReply<R>;
  readonly #settings: Settings;
  protected connection: Connection | undefined;
  cancelled: Error | undefined;
  evicted = false;
  #repeated = false;

  constructor(statement: Statement, shape: Shape<R>, reply: CallbackReply<R>, settings: Settings) {
    this.statement = statement;
    this.#shape = shape;
    this.#reply = reply;
    this.#settings = settings;
  }

  /** It is answered, and off its connection. */
  protected abstract left(connection: Connection): void;
  /** Runs again from the start: nothing of it has taken effect. */
  protected abstract repeat(): void;

  send(connection: Connection): void {
    this.connection = connection;
    connection.flight.add(this);
    try {
      connection.link.send(this.statement, this);
    } catch (error) {
      this.failed(error);
    }
  }

  succeeded(rows: Rows<unknown>): void {
    if (!this.#leave()) return;
    if (this.cancelled) return this.#reply.fail(this.cancelled);
    let result: R;
    try {
      result = this.#shape(rows);
    } catch (error) {
      return this.#reply.fail(error);
    }
    this.#reply.succeed(result);
  }

  failed(error: unknown): void {
    const { connection } = this;
    if (!this.cancelled && !this.repeated && connection && this.#mayRepeat(error, connection)) {
      this.#repeated = true;
      this.#leave();
      return this.repeat();
    }
    const failure = callFailure(error, this.#settings, connection?.link.open ?? false);
    if (failure.name === "ConnectionLostError") connection?.link.destroy();
    if (connection && !this.#leave()) return;
    this.#reply.fail(this.cancelled ?? failure);
  }

  protected get repeated(): boolean {
    return this.#repeated;
  }

  /** Refused before it was on a connection. */
  refuse(error: unknown): void {
    this.#reply.fail(error);
  }

  #leave(): boolean {
    const { connection } = this;
    if (connection === undefined) return false;
    this.connection = undefined;
    connection.flight.delete(this);
    connection.changed();
    this.left(connection);
    return true;
  }

  /** The server has undone it, because of a request to cancel that was meant for another, or has not begun it. */
  #mayRepeat(error: unknown, connection: Connection): boolean {
    if (codeOf(error) === QUERY_CANCELED) return connection.cancels > 0;
    if (!isStalePlan(error)) return false;
    connection.link.forget(this.statement.text);
    return true;
  }
}
