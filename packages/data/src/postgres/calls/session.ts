/** A connection that one user has for itself: its statements run one after the other, and it is given back in a known state, or destroyed. */
import {
  type Awaitable,
  type CallbackReply,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  fromCallback,
  getRunningLoop,
  InvalidStateError,
  type Task,
  wait,
} from "brigade";
import type { Settings } from "../settings.ts";
import type { Statement } from "../sql/statement.ts";
import { Call, type Shape } from "./call.ts";
import type { Connection } from "./connection.ts";

export class Session {
  readonly connection: Connection;
  readonly settings: Settings;
  readonly #loop = getRunningLoop();
  readonly #line: SessionCall<unknown>[] = [];
  #running: SessionCall<unknown> | undefined;
  #ending: Task<void> | undefined; // ends a cancelled call: nothing is sent meanwhile
  #closed: string | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    this.settings = connection.settings;
  }

  get lost(): boolean {
    return !this.connection.link.open;
  }

  /** Refuses statements from now on; those that wait fail. `why`: "the transaction has ended". */
  close(why: string): void {
    this.#closed = why;
    for (const call of this.#line.splice(0)) call.refuse(new InvalidStateError(why));
  }

  /** Asks the statement that runs, if one does, to end. */
  interrupt(reason: Error): void {
    this.#running?.cancel(reason);
  }

  /** A statement, in its turn. Cancelled, it ends on the server first. */
  call<R>(statement: Statement, shape: Shape<R>, label: string): Awaitable<R> {
    return fromCallback<R>((reply) => {
      if (this.#closed !== undefined) throw new InvalidStateError(this.#closed);
      return this.#begin(statement, shape, reply);
    }, label);
  }

  /** The same for those who look after the session: begin, commit, rollback. */
  control(text: string): Awaitable<string> {
    const statement: Statement = { text, values: [], mode: "simple" };
    return fromCallback<string>((reply) => this.#begin(statement, (rows) => rows.command, reply), text);
  }

  #begin<R>(statement: Statement, shape: Shape<R>, reply: CallbackReply<R>): (reason: Error) => void {
    const call = new SessionCall(this, statement, shape, reply);
    this.#line.push(call);
    this.next();
    return (reason) => this.#cancel(call, reason);
  }

  next(): void {
    if (this.#running || this.#ending) return;
    const call = this.#line.shift();
    if (call === undefined) return;
    this.#running = call;
    call.send(this.connection);
  }

  left(call: SessionCall<unknown>): void {
    if (this.#running === call) this.#running = undefined;
    this.next();
  }

  #cancel(call: SessionCall<unknown>, reason: Error): void {
    const place = this.#line.indexOf(call);
    if (place === -1) return call.cancel(reason);
    this.#line.splice(place, 1);
    call.refuse(reason);
  }

  /** Waits until a cancelled call, if there is one, has ended. */
  readonly settled: () => Coroutine<void> = coroutine(function* settled(this: Session): CoroutineBody<void> {
    if (this.#ending) yield* wait([this.#ending]);
  }).bind(this);

  endCancelled(): void {
    if (this.#ending) return this.connection.changed();
    const task = this.#loop.createTask(this.#end(), { name: `cancel a call at ${this.settings.address}` });
    this.#ending = task;
    task.addDoneCallback(() => {
      if (!task.cancelled) return;
      this.connection.link.destroy(); // by the end of the run: nobody knows what is on its way
      this.#ending = undefined;
      this.next();
    });
  }

  readonly #end: () => Coroutine<void> = coroutine(function* end(this: Session): CoroutineBody<void> {
    yield* this.connection.end();
    this.#ending = undefined;
    this.next();
  }).bind(this);
}

class SessionCall<R> extends Call<R> {
  readonly #session: Session;

  constructor(session: Session, statement: Statement, shape: Shape<R>, reply: CallbackReply<R>) {
    super(statement, shape, reply, session.settings);
    this.#session = session;
  }

  cancel(reason: Error): void {
    this.cancelled = reason;
    this.#session.endCancelled();
  }

  protected left(): void {
    this.#session.left(this);
  }

  protected repeat(): void {}

  /** In a transaction nothing runs again by itself: what came before is undone as well. */
  protected override get repeated(): boolean {
    return true;
  }
}
