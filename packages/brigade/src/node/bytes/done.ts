/** What need not be waited for. */
import type { Awaitable, Suspension } from "../../types.ts";

const END: IteratorReturnResult<void> = { done: true, value: undefined };
/** With `return`, by which the runtime knows what can be awaited. */
const ended: Iterator<Suspension, void, unknown> = { next: () => END, return: () => END };

/** It is over. Awaiting it, as often as one likes, does not suspend. */
export const DONE: Awaitable<void> = { [Symbol.iterator]: () => ended };
