/** Async generators: pulled by whoever reads, unwound when the reader leaves. */
import { InvalidStateError } from "../errors.ts";
import { runningLoop } from "../kernel/loop.ts";
import { runningTaskLoop, type TaskLoop } from "../task/event-loop.ts";
import { CLAIMED, type Drivable, Frame, type RunningTask, type Scope } from "../task/frame.ts";
import type { Closer } from "../task/home.ts";
import { Definition, type Ledger } from "../task/ledger.ts";
import { definitionPlace } from "../task/trace.ts";
import type { Awaitable, Suspension } from "../types.ts";
import { asyncIteratorOf } from "./async-iterator.ts";
import type { Giver } from "./pull.ts";

/** Values that come one after the other, when somebody asks (asyncio: an asynchronous generator). */
export interface Stream<T> extends AsyncIterable<T> {
  /** Runs the producer to its next value. Throws what it throws; `InvalidStateError` while another task reads. */
  next(): Awaitable<IteratorResult<T, void>>;
  /** Unwinds the producer; done at once when it never started. */
  close(): Awaitable<void>;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

type State =
  | "idle"
  | "read" // somebody runs the producer to its next value
  | "closed"; // somebody unwinds the producer

/** A stream is the scope of the frames that drive its producer: one at a time. */
class GeneratorStream<T> implements Stream<T>, Scope, Closer {
  readonly requested = false;
  readonly #generator: Drivable;
  readonly #ledger: Ledger;
  #state: State = "idle";
  #halfRead = false; // it has given a value, and has not ended ⇔ it stands in the loop's closers
  #loop: TaskLoop | undefined = runningLoop as TaskLoop | undefined; // where it was made or first read

  constructor(generator: Giver, ledger: Ledger) {
    this.#generator = generator as unknown as Drivable;
    this.#ledger = ledger;
  }

  /** Closing is shielded: the producer's cleanup runs to its end. */
  get shields(): boolean {
    return this.#state === "closed";
  }

  next(): Awaitable<IteratorResult<T, void>> {
    return this.#frame(this.#generator) as Frame<IteratorResult<T, void>>;
  }

  close(): Awaitable<void> {
    return this.#frame(new Closing(this.#generator)) as Frame<void>;
  }

  #frame(generator: Drivable): Frame {
    const frame = new Frame(generator, this.#ledger);
    frame.state = CLAIMED;
    frame.scope = this;
    return frame;
  }

  entered(_task: RunningTask, frame: Frame): Drivable {
    if (this.#state !== "idle") {
      frame.scope = undefined; // it does not end what it did not begin
      throw new InvalidStateError(
        `stream "${this.#ledger.name}" is being read or closed; one task at a time can do that`,
      );
    }
    this.#state = frame.generator instanceof Closing ? "closed" : "read";
    this.#loop ??= runningTaskLoop();
    return frame.generator;
  }

  left(_task: RunningTask, broken: boolean): void {
    this.#state = "idle";
    if (broken) this.#ended();
  }

  #ended(): void {
    if (this.#halfRead) this.#loop?.closers.delete(this);
    this.#halfRead = false;
  }

  /** The producer has given a value, or ended. */
  gave(result: IteratorResult<unknown, unknown>, frame: Frame): unknown {
    if (frame.generator instanceof Closing) {
      this.#ended();
      if (result.done) return undefined;
      throw new InvalidStateError(`stream "${this.#ledger.name}" gave a value while it was being closed`);
    }
    if (result.done) {
      this.#ended();
      return END;
    }
    if (!this.#halfRead) this.#loop?.closers.add(this); // if nobody closes it, the end of the run does
    this.#halfRead = true;
    return result;
  }

  unwound(): undefined {
    return undefined;
  }

  /** For promise code: `for await` runs the producer in tasks of the loop that the stream belongs to. */
  [Symbol.asyncIterator](): AsyncIterator<T, void> {
    return asyncIteratorOf(this, this.#loop ?? runningTaskLoop());
  }
}

/** Tells the generator to return, and drives it from there. */
class Closing implements Drivable {
  readonly #generator: Drivable;

  constructor(generator: Drivable) {
    this.#generator = generator;
  }

  next(sent?: unknown): IteratorResult<Suspension, unknown> {
    return sent === undefined ? this.return() : this.#generator.next(sent);
  }

  return(): IteratorResult<Suspension, unknown> {
    return (this.#generator as Generator<Suspension, unknown, unknown>).return(undefined);
  }
}

/**
 * Makes an async generator function: in its body `yield*` awaits and `yield value` gives. It is pulled: nothing is
 * produced that nobody asked for. A cancelled reader unwinds it; so does `close`; what is left half read when `run`
 * ends is unwound then.
 *
 * @example
 * ```ts
 * import { forEach, run, sleep, stream } from "brigade";
 *
 * const countdown = stream(function* (from: number) {
 *   for (let i = from; i > 0; i--) {
 *     yield* sleep("1ms");
 *     yield i;
 *   }
 * });
 * await run(forEach(countdown(3), (i) => console.log(i)));
 * ```
 */
export function stream<A extends unknown[], T>(
  body: (...args: A) => Generator<Suspension | T, void, unknown>,
): (...args: A) => Stream<Exclude<T, Suspension>> {
  if (typeof body !== "function") throw new TypeError(`stream() takes a generator function, not ${typeof body}`);
  const { ledger } = new Definition(body.name || definitionPlace(stream));
  return function (this: unknown, ...args: A) {
    return new GeneratorStream<Exclude<T, Suspension>>(body.apply(this as undefined, args), ledger);
  };
}
