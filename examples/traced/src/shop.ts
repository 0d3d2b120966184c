/** A shop that fills orders: three questions for each, and a database that takes two at a time. */
import { type Coroutine, coroutine, gather, Semaphore, sleep } from "brigade";

interface Filled {
  readonly order: number;
  readonly price: number;
  readonly inStock: boolean;
}

const connections = new Semaphore(2, { name: "database" });

const customerOf = coroutine(function* customerOf(order: number) {
  using _permit = yield* connections.acquire();
  yield* sleep(8); // stands for a query
  return order % 7;
});

const priceOf = coroutine(function* priceOf(order: number) {
  yield* sleep(20); // stands for a request
  return 10 + (order % 5);
});

const inStock = coroutine(function* inStock(order: number) {
  yield* sleep(15);
  return order % 9 !== 0;
});

const fill = coroutine(function* fill(order: number) {
  const customer = yield* customerOf(order);
  const price = yield* priceOf(order);
  const stocked = yield* inStock(order);
  return { order, price: customer === 0 ? price - 1 : price, inStock: stocked };
});

/** All orders at once; the database lets two in at a time. */
export const shop: (orders: number) => Coroutine<readonly Filled[]> = coroutine(function* shop(orders: number) {
  const numbers = Array.from({ length: orders }, (_, index) => index + 1);
  return yield* gather(numbers.map((order) => fill(order)));
});
