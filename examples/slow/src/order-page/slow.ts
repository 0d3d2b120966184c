/** The page of an order: three questions to three services, asked one after the other though none needs another's answer. */
import { type Coroutine, coroutine, run, sleep } from "brigade";

interface Page {
  readonly customer: string;
  readonly total: number;
  readonly arrives: string;
  readonly suggestions: readonly string[];
}

const loadCustomer = coroutine(function* loadCustomer(order: string) {
  yield* sleep("120ms");
  return { name: `customer of ${order}`, city: "Lyon" };
});

const loadPrice = coroutine(function* loadPrice(order: string) {
  yield* sleep("90ms");
  return order.length * 10;
});

const loadDelivery = coroutine(function* loadDelivery(order: string) {
  yield* sleep("150ms");
  return `${order}: Tuesday`;
});

const suggest = coroutine(function* suggest(city: string) {
  yield* sleep("40ms");
  return [`a guide to ${city}`];
});

export const main: () => Coroutine<Page> = coroutine(function* orderPage() {
  const order = "ORD-001";
  const customer = yield* loadCustomer(order);
  const total = yield* loadPrice(order);
  const arrives = yield* loadDelivery(order);
  const suggestions = yield* suggest(customer.city);
  return { customer: customer.name, total, arrives, suggestions };
});

if (import.meta.main) console.log(await run(main()));
