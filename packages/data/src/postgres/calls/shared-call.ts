/** A call outside transactions: it waits for a connection, or for room on one, and gives it back with the answer. */
import { type Awaitable, type CallbackReply, type EventLoop, fromCallback, getRunningLoop, type Handle } from "brigade";
import type { Pool } from "../../connections/pool.ts";
import type { Slot, Taker } from "../../connections/slot.ts";
import type { Settings } from "../settings.ts";
import type { Statement } from "../sql/statement.ts";
import { Call, type Shape } from "./call.ts";
import type { Connection } from "./connection.ts";
import type { Texts } from "./texts.ts";

const STUCK = 100; // milliseconds without an answer on a connection where others wait

/** What calls share: the pool, and what is known of the statements. */
export class Traffic {
  readonly pool: Pool<Connection>;
  readonly settings: Settings;
  readonly texts: Texts;
  readonly loop: EventLoop = getRunningLoop();
  readonly #shared = new Map<Slot<Connection>, number>(); // connections with several calls, and when the last answer came
  #watch: Handle | undefined;

  constructor(pool: Pool<Connection>, settings: Settings, texts: Texts) {
    this.pool = pool;
    this.settings = settings;
    this.texts = texts;
  }

  /** A statement of one round trip. Cancelled, it ends on the server first. */
  call<R>(statement: Statement, shape: Shape<R>, label: string): Awaitable<R> {
    return fromCallback<R>((reply) => {
      const call = new SharedCall(this, statement, shape, reply);
      this.pool.take(call);
      return (reason) => call.cancel(reason);
    }, label);
  }

  /** Ends the cancelled calls of a connection; nobody gets it meanwhile. */
  endCancelled(slot: Slot<Connection>): void {
    const { connection } = slot;
    if (connection.cancels > 0) return connection.changed();
    this.pool.hold(slot);
    const task = this.loop.createTask(connection.end(), { name: `cancel a call at ${this.settings.address}` });
    task.addDoneCallback(() => {
      if (task.cancelled) connection.link.destroy(); // by the end of the run: nobody knows what is on its way
      this.pool.giveBack(slot);
    });
  }

  shares(slot: Slot<Connection>): void {
    this.#shared.set(slot, this.loop.time());
    this.#watch ??= this.loop.callLater(STUCK, () => this.#look());
  }

  close(): void {
    this.#watch?.cancel();
  }

  answered(slot: Slot<Connection>): void {
    if (slot.connection.flight.size < 2) this.#shared.delete(slot);
    else this.#shared.set(slot, this.loop.time());
  }

  /** Who holds up others makes way. */
  #look(): void {
    this.#watch = this.#shared.size > 0 ? this.loop.callLater(STUCK, () => this.#look()) : undefined;
    const late = this.loop.time() - STUCK;
    for (const [slot, since] of [...this.#shared]) {
      const [first] = slot.connection.flight;
      if (since > late || first === undefined || first.evicted) continue;
      this.#shared.delete(slot);
      first.evicted = true;
      this.texts.wasSlow(first.statement.text);
      this.endCancelled(slot);
    }
  }
}

class SharedCall<R> extends Call<R> implements Taker<Connection> {
  readonly #traffic: Traffic;
  #slot: Slot<Connection> | undefined;
  #began = 0;

  constructor(traffic: Traffic, statement: Statement, shape: Shape<R>, reply: CallbackReply<R>) {
    super(statement, shape, reply, traffic.settings);
    this.#traffic = traffic;
  }

  get alone(): boolean {
    return this.repeated || this.statement.mode !== "prepared" || !this.#traffic.texts.mayShare(this.statement.text);
  }

  granted(slot: Slot<Connection>): void {
    this.#slot = slot;
    const shares = slot.users > 1;
    this.#began = slot.taken ? this.#traffic.loop.time() : 0;
    if (shares) this.#traffic.shares(slot);
    this.send(slot.connection);
  }

  refused(error: unknown): void {
    this.refuse(error);
  }

  cancel(reason: Error): void {
    if (this.#traffic.pool.withdraw(this)) return this.refuse(reason);
    this.cancelled = reason;
    if (this.#slot) this.#traffic.endCancelled(this.#slot);
  }

  protected left(_connection: Connection): void {
    const slot = this.#slot as Slot<Connection>;
    this.#slot = undefined;
    const { pool, texts, loop } = this.#traffic;
    if (slot.users > 1) this.#traffic.answered(slot);
    else if (this.#began > 0) texts.took(this.statement.text, loop.time() - this.#began);
    pool.giveBack(slot);
  }

  protected repeat(): void {
    this.evicted = false;
    this.#traffic.pool.take(this, true);
  }
}
