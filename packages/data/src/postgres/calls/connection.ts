/** A connection of the pool, with what is on its way over it, and the one rule for ending that. */
import {
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  fromCallback,
  getRunningLoop,
  type Handle,
  moveOnAfter,
} from "brigade";
import { requestCancel } from "../driver/dial.ts";
import type { Link } from "../driver/link.ts";
import { ConnectionLostError } from "../../errors.ts";
import { callFailure } from "../failures.ts";
import type { Settings } from "../settings.ts";

const FIRST_PAUSE = 20; // a request that came before the statement has hit nothing: it is made again after this, twice that, …
const LAST_ANSWERS = 200; // the driver has so long to fail what was on its way over a connection that is lost

/** A call that was sent and not answered. */
export interface InFlight {
  readonly statement: { readonly text: string };
  /** Its task unwinds, or it fails with this, as soon as there is an answer. */
  cancelled: Error | undefined;
  /** Others wait behind it: it makes way, and runs again on a connection of its own. */
  evicted: boolean;
  failed(error: unknown): void;
}

export class Connection {
  readonly link: Link;
  readonly settings: Settings;
  /** What was sent and not answered, in the order it was sent. */
  readonly flight: Set<InFlight> = new Set();
  /** Requests to cancel that may still hit something: 57014 then says nothing about who was meant. */
  cancels: number = 0;
  readonly #watchers = new Set<() => void>(); // those who end calls
  #lastAnswers: Handle | undefined;
  /** Called when it is lost: for whoever owns it. */
  onLost: (() => void) | undefined;

  constructor(link: Link, settings: Settings) {
    this.link = link;
    this.settings = settings;
    const loop = getRunningLoop();
    link.onLost = () => {
      this.onLost?.();
      if (this.flight.size > 0) this.#lastAnswers = loop.callLater(LAST_ANSWERS, () => this.#failAll());
    };
  }

  #failAll(): void {
    const error = new Error("the connection was closed");
    for (const call of [...this.flight]) call.failed(callFailure(error, this.settings, false));
  }

  /** Something was answered, or is to end. */
  changed(): void {
    if (this.flight.size === 0) this.#lastAnswers?.cancel();
    for (const watcher of [...this.#watchers]) watcher();
  }

  #untilChanged(): Awaitable<void> {
    return fromCallback<void>((reply) => {
      const watcher = (): void => {
        this.#watchers.delete(watcher);
        reply.succeed(undefined);
      };
      this.#watchers.add(watcher);
      return (reason) => {
        this.#watchers.delete(watcher);
        reply.fail(reason);
      };
    }, "the server's answer to a cancelled call");
  }

  #someHasToEnd(): boolean {
    for (const call of this.flight) if (call.cancelled || call.evicted) return true;
    return false;
  }

  /**
   * Ends the cancelled calls that are on their way: asks the server to cancel them, again and again, for no longer than
   * grace, and destroys the connection then. Waits for the others, and leaves a connection that is lost, or as good as new.
   */
  readonly end: () => Coroutine<void> = coroutine(function* endCancelled(this: Connection): CoroutineBody<void> {
    const { link, settings, flight } = this;
    this.cancels++;
    while (flight.size > 0) {
      if (!this.#someHasToEnd()) yield* this.#untilChanged();
      else if ((yield* moveOnAfter(settings.grace, this.#ask())) === undefined) this.#giveUp();
    }
    // A request may have come late: one more round trip takes what it hits.
    if (link.open && (yield* moveOnAfter(settings.grace, this.#probe())) === undefined) link.destroy();
    this.cancels--;
  }).bind(this);

  /** Ends everything that is on its way, for good: the pool is closed. The server is asked first, as it would not notice for long. */
  readonly interrupt: () => Coroutine<void> = coroutine(function* interrupt(this: Connection): CoroutineBody<void> {
    const { address } = this.settings;
    const why = `PostgreSQL at ${address}: the connections were closed during the call. Whether it took effect is not known`;
    for (const call of this.flight) call.cancelled ??= new ConnectionLostError(why, address, true);
    yield* this.end();
    this.link.destroy();
  }).bind(this);

  /** Nobody who only has to make way for others is worth a connection. */
  #giveUp(): void {
    for (const call of this.flight) {
      call.evicted = false;
      if (call.cancelled) this.link.destroy();
    }
  }

  readonly #ask: () => Coroutine<true> = coroutine(function* askToCancel(this: Connection): CoroutineBody<true> {
    const { link, settings } = this;
    for (let pause = FIRST_PAUSE; this.#someHasToEnd(); pause *= 2) {
      if (link.open) {
        try {
          yield* requestCancel(settings, link.pid, link.secret);
        } catch {
          link.destroy(); // nobody can be asked
        }
      }
      yield* moveOnAfter(pause, this.#untilAnswered());
    }
    return true;
  }).bind(this);

  readonly #untilAnswered: () => Coroutine<void> = coroutine(function* untilAnswered(
    this: Connection,
  ): CoroutineBody<void> {
    while (this.#someHasToEnd()) yield* this.#untilChanged();
  }).bind(this);

  /** Those that were sent before it, and were not meant, are waited for by it too. */
  #probe(): Awaitable<true> {
    return fromCallback<true>((reply) => {
      const done = (): void => reply.succeed(true);
      this.link.send({ text: "select 1", values: [], mode: "simple" }, { succeeded: done, failed: done });
      return (reason) => reply.fail(reason);
    }, "a connection after a cancelled call");
  }
}
