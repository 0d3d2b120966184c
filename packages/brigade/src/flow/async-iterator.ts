/** A stream as promise code reads it, with `for await`. */
import { coroutine } from "../task/coroutine.ts";
import type { TaskLoop } from "../task/event-loop.ts";
import type { Awaitable, CoroutineBody, Task } from "../types.ts";

/** What a stream is made of. */
interface Readable<T> {
  next(): Awaitable<IteratorResult<T, void>>;
  close(): Awaitable<void>;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Reads in tasks of the loop that the stream belongs to. Whoever leaves while a value is on its way, as web streams do,
 * unwinds the producer from where it waits.
 */
export function asyncIteratorOf<T>(stream: Readable<T>, loop: TaskLoop): AsyncIterator<T, void> {
  let reading: Task<IteratorResult<T, void>> | undefined;
  let left = false;
  return {
    next: async () => {
      if (left) return END;
      reading = loop.createTask(stream.next());
      return reading.then(undefined, (error: unknown) => {
        if (left) return END;
        throw error;
      });
    },
    return: async () => {
      left = true;
      if (loop.closed) return END;
      reading?.cancel();
      return loop.createTask(leaving(stream, reading)).then(() => END);
    },
  };
}

/** Closes the stream once the task that reads it has been unwound. */
const leaving = /* @__PURE__ */ coroutine(function* close(
  stream: Readable<unknown>,
  reading: Task<unknown> | undefined,
): CoroutineBody<void> {
  try {
    if (reading !== undefined && !reading.done) yield* reading;
  } catch {
    // Its error went to whoever waited for the value.
  }
  yield* stream.close();
});
