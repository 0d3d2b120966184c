/** Three ways to enrich orders. The calls and the answers are the same; only what waits for what differs. */
import { type Coroutine, coroutine, gather } from "brigade";
import type { Answers, Apis } from "./apis.ts";
import type { Order } from "./orders.ts";

export interface Enriched {
  readonly order: Order;
  readonly answers: Answers;
}
/** Takes each order as soon as it is enriched. It may wait: for a line to be written, say. */
export type Done = (enriched: Enriched) => Coroutine<void>;
export type Way = (orders: readonly Order[], apis: Apis, done: Done) => Coroutine<void>;

export const ordersInFlight = 50;

/** One await after another: an order takes as long as its three calls together. */
export const oneAfterAnother: Way = coroutine(function* (orders, apis, done) {
  for (const order of orders) {
    const pricing = yield* apis.pricing(order);
    const shipping = yield* apis.shipping(order);
    const inventory = yield* apis.inventory(order);
    yield* done({ order, answers: { pricing, shipping, inventory } });
  }
});

/** The three calls gathered: an order takes as long as the slowest of them. The next order still waits for it. */
export const callsGathered: Way = coroutine(function* (orders, apis, done) {
  for (const order of orders) yield* enrich(order, apis, done);
});

/** Everything gathered. Coroutines are lazy: beyond the limit, none has started. */
export const allAtOnce: Way = coroutine(function* (orders, apis, done) {
  yield* gather(
    orders.map((order) => enrich(order, apis, done)),
    { limit: ordersInFlight },
  );
});

const enrich = coroutine(function* (order: Order, apis: Apis, done: Done) {
  const answers = yield* gather({
    pricing: apis.pricing(order),
    shipping: apis.shipping(order),
    inventory: apis.inventory(order),
  });
  yield* done({ order, answers });
});
