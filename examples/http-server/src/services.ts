/** Three slow services behind the desk. Each says when it is cancelled in the middle of its work. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  currentTask,
  type Duration,
  sleep,
  type Stream,
  stream,
} from "brigade";

interface StockEvent {
  readonly event: "stock";
  readonly id: string;
  readonly data: string;
}

type Call<T> = (order: string, slow: boolean) => Coroutine<T>;

/** Calls one service: its answer comes after a while. */
function service<T>(name: string, latency: Duration, answer: (order: string) => T): Call<T> {
  return coroutine(function* call(order: string, slow: boolean): CoroutineBody<T> {
    let answered = false;
    try {
      yield* sleep(slow ? "1m" : latency);
      answered = true;
      return answer(order);
    } finally {
      if (!answered && currentTask().unwinding) console.log(`${name} of ${order}: cancelled`);
    }
  });
}

export const pricing: Call<number> = service("pricing", "30ms", (order) => order.length * 25);
export const shipping: Call<string> = service("shipping", "20ms", (order) => (order.startsWith("A") ? "post" : "van"));
export const inventory: Call<number> = service("inventory", "25ms", (order) => order.charCodeAt(order.length - 1) % 10);

/** The orders of the day, as the database gives them: one row after the other. */
export const rows: (count: number) => Stream<string> = stream(function* (count: number) {
  yield "id,price\n";
  for (let id = 1; id <= count; id++) {
    yield* sleep("1ms");
    yield `A-${id},${id * 25}\n`;
  }
});

/** What is in stock, whenever that changes. */
export const changes: (from: number) => Stream<StockEvent> = stream(function* (from: number) {
  for (let stock = from; ; stock--) {
    yield { event: "stock" as const, id: String(stock), data: JSON.stringify({ sku: "desk", stock }) };
    yield* sleep("500ms");
  }
});
