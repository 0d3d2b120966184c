/** Two frames, the inner one with an await in its finally: what cancelling them must leave of their code. */
import { type Coroutine, coroutine, sleep } from "brigade";

/** `outer` awaits `inner`, whose `finally` awaits for 5 ms; everything that runs is written down. */
export function nest(order: string[], cleanupError?: Error): () => Coroutine<string> {
  const inner = coroutine(function* inner() {
    try {
      yield* sleep("1h");
      order.push("inner goes on");
    } catch {
      order.push("inner catch");
    } finally {
      order.push("inner cleans");
      yield* sleep(5);
      order.push("inner clean");
      if (cleanupError !== undefined) throw cleanupError;
    }
    order.push("inner after");
  });
  return coroutine(function* outer() {
    try {
      yield* inner();
      order.push("outer goes on");
      yield* sleep(1);
      order.push("outer goes on further");
    } catch {
      order.push("outer catch");
    } finally {
      order.push("outer finally");
    }
    order.push("outer after");
    return "a value for nobody";
  });
}

/** What `nest` writes down when it is unwound. */
export const UNWOUND: readonly string[] = ["inner cleans", "inner clean", "outer finally"];
