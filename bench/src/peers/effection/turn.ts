/** Effection's nearest thing to `sleep(0)`: gives every other routine that is ready its turn, and goes on. */
import { action, type Operation } from "effection";

/** Resolves at once, so that the routine goes to the end of Effection's own run queue. Its `sleep(0)` is a host timer. */
export const turn: Operation<void> = action<void>((resolve) => {
  resolve();
  return () => {};
});
