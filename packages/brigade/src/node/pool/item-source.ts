/** In a worker: what gives the items of a stream, whatever kind of function made it. */
import { Runner } from "../../border/run.ts";
import { describe } from "../../errors.ts";
import type { Stream } from "../../flow/stream.ts";
import { Frame } from "../../task/frame.ts";
import type { RunningCall } from "./worker-call.ts";

type Next = IteratorResult<unknown, unknown>;

export interface ItemSource {
  next(): Next | PromiseLike<Next>;
  /** Runs its cleanup. Not called while an item is on its way. */
  close(): unknown;
}

/** A coroutine, as opposed to what a plain or async function gives. */
export function isCoroutine(value: unknown): value is Frame {
  return value instanceof Frame;
}

/** Whether it can only be read item by item: a generator, an async iterable, a stream. An array is a value. */
export function isStreamed(value: unknown): value is Iterator<unknown> | AsyncIterable<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || (Symbol.iterator in value && "next" in value && !isCoroutine(value));
}

/** Throws `TypeError` for what has no items. */
export function sourceOf(value: unknown, name: string, call: RunningCall): ItemSource {
  const object = Object(value ?? 0) as Partial<Stream<unknown>> & Partial<Iterable<unknown>>;
  if (typeof object.next === "function" && typeof object.close === "function")
    return new StreamSource(object as Stream<unknown>, call.signal);
  type Make = () => Iterator<unknown> | AsyncIterator<unknown>;
  const make: Make | undefined =
    object[Symbol.asyncIterator] ?? (typeof value === "string" ? undefined : object[Symbol.iterator]);
  if (make === undefined)
    throw new TypeError(
      `pool.stream: "${name}" gave ${describe(value)}, which has no items; use pool.call for a value`,
    );
  const iterator = make.call(object);
  return { next: () => iterator.next(), close: () => iterator.return?.() };
}

/** A stream of Brigade's: each read is a run on one loop, which stands still between them. */
class StreamSource implements ItemSource {
  readonly #stream: Stream<unknown>;
  readonly #signal: AbortSignal;
  readonly #runner = new Runner();

  constructor(stream: Stream<unknown>, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  next(): Promise<Next> {
    const task = this.#runner.loop.createTask(this.#stream.next());
    const cancel = (): void => void task.cancel(this.#signal.reason);
    this.#signal.addEventListener("abort", cancel);
    if (this.#signal.aborted) cancel();
    return this.#runner.run(task).finally(() => this.#signal.removeEventListener("abort", cancel));
  }

  async close(): Promise<void> {
    try {
      await this.#runner.run(this.#stream.close());
    } finally {
      await this.#runner.close();
    }
  }
}
