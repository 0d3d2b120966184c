/** In a worker: what gives the items of a stream, whatever kind of function made it. */
import type { Runner } from "../../border/run.ts";
import { describe } from "../../errors.ts";
import type { Stream } from "../../flow/stream.ts";
import type { Coroutine } from "../../types.ts";
import type { RunningCall } from "./worker-call.ts";

type Next = IteratorResult<unknown, unknown>;

export interface ItemSource {
  next(): Next | PromiseLike<Next>;
  /** Runs its cleanup. Not called while an item is on its way. */
  close(): unknown;
}

/** A coroutine, as opposed to what a plain or async function gives: a generator can't be closed. */
export function isCoroutine(value: unknown): value is Coroutine<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value && "close" in value && typeof value.close === "function";
}

// Loaded when the first coroutine is to be run: most modules have none, and a worker starts sooner without the runtime.
let runtime: typeof import("../../border/run.ts") | undefined;

async function loaded(): Promise<typeof import("../../border/run.ts")> {
  return (runtime = await import("../../border/run.ts"));
}

/** Runs it as main of a run of its own; cancelled with the call. */
export function runCoroutine(coroutine: Coroutine<unknown>, call: RunningCall): Promise<unknown> {
  const { signal } = call;
  if (runtime !== undefined) return runtime.run(coroutine, { signal });
  return loaded().then(({ run }) => run(coroutine, { signal }));
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
  #runner: Runner | undefined; // made with the first read

  constructor(stream: Stream<unknown>, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  async next(): Promise<Next> {
    const runner = (this.#runner ??= new (await loaded()).Runner());
    const task = runner.loop.createTask(this.#stream.next());
    const cancel = (): void => void task.cancel(this.#signal.reason);
    this.#signal.addEventListener("abort", cancel);
    if (this.#signal.aborted) cancel();
    return runner.run(task).finally(() => this.#signal.removeEventListener("abort", cancel));
  }

  async close(): Promise<void> {
    const runner = this.#runner;
    if (runner === undefined) return; // it has not begun
    try {
      await runner.run(this.#stream.close());
    } finally {
      await runner.close();
    }
  }
}
