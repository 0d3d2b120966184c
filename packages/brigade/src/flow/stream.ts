/** Async generators: pulled by whoever reads, unwound when the reader leaves. */
import { InvalidStateError } from "../errors.ts";
import { runningLoop } from "../kernel/loop.ts";
import { runningTaskLoop, type TaskLoop } from "../task/event-loop.ts";
import type { Closer } from "../task/home.ts";
import { Definition, type Ledger } from "../task/ledger.ts";
import { definitionPlace } from "../task/trace.ts";
import type { Awaitable, Suspension } from "../types.ts";
import { type Giver, type Opening, pull } from "./pull.ts";

/** Values that come one after the other, when somebody asks (asyncio: an asynchronous generator). */
export interface Stream<T> extends AsyncIterable<T> {
  /** Runs the producer to its next value. Throws what it throws; `InvalidStateError` while another task reads. */
  next(): Awaitable<IteratorResult<T, void>>;
  /** Unwinds the producer; done at once when it never started. */
  close(): Awaitable<void>;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

class GeneratorStream<T> implements Stream<T>, Closer {
  readonly #generator: Giver;
  readonly #ledger: Ledger;
  #busy = false; // somebody reads or closes it
  #loop: TaskLoop | undefined = runningLoop as TaskLoop | undefined; // where it was made or first read

  constructor(generator: Giver, ledger: Ledger) {
    this.#generator = generator;
    this.#ledger = ledger;
  }

  next(): Awaitable<IteratorResult<T, void>> {
    return this.#pull("next", (result) => {
      if (result.done) return END;
      this.#loop?.closers.add(this); // half read: if nobody closes it, the end of the run does
      return result as IteratorResult<T, void>;
    });
  }

  close(): Awaitable<void> {
    return this.#pull("return", (result) => {
      if (!result.done)
        throw new InvalidStateError(`stream "${this.#ledger.name}" gave a value while it was being closed`);
    });
  }

  #pull<R>(opening: Opening, gave: (result: IteratorResult<unknown, unknown>) => R): Awaitable<R> {
    const begin = (): void => {
      if (this.#busy) {
        throw new InvalidStateError(
          `stream "${this.#ledger.name}" is being read or closed; one task at a time can do that`,
        );
      }
      this.#busy = true;
      this.#loop ??= runningTaskLoop();
      this.#loop.closers.delete(this);
    };
    const end = (): void => {
      this.#busy = false;
    };
    return pull(this.#generator, this.#ledger, opening, { begin, end, gave });
  }

  /** For promise code: `for await` runs the producer in tasks of the loop that the stream belongs to. */
  [Symbol.asyncIterator](): AsyncIterator<T, void> {
    const loop = this.#loop ?? runningTaskLoop();
    return {
      next: () => loop.createTask(this.next()).then(),
      return: () => loop.createTask(this.close()).then(() => END),
    };
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
