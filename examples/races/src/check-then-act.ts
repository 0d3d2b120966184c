/** Check-then-act: two requests find the cache empty, and both make the call that the cache is there to save. */
import { type Coroutine, type Task, coroutine, createTask, shield, sleep, taskGroup } from "brigade";

/** Prices from an API that bills every call. */
class PriceApi {
  calls = 0;
  fetch = coroutine(function* (this: PriceApi, _sku: string) {
    this.calls++;
    yield* sleep(10);
    return 12.5;
  });
}

type Prices = (sku: string) => Coroutine<number>;

// Wrong: what was checked, that the price is missing, need no longer be true when the price is stored.
function cachedPrices(api: PriceApi): Prices {
  const cache = new Map<string, number>();
  return coroutine(function* price(sku) {
    const cached = cache.get(sku);
    if (cached !== undefined) return cached;
    const fetched = yield* api.fetch(sku);
    cache.set(sku, fetched);
    return fetched;
  });
}

/** The cache holds the calls, and not their results: nothing is awaited between the check and the act. */
function cachedCalls(api: PriceApi): Prices {
  const cache = new Map<string, Task<number>>();
  return coroutine(function* price(sku) {
    const call = cache.get(sku) ?? createTask(api.fetch(sku), { name: `fetch ${sku}` });
    cache.set(sku, call);
    return yield* shield(call); // a request that is cancelled must not take the call from the others
  });
}

const handle = coroutine(function* handle(prices: Prices) {
  yield* sleep(5); // who is it that asks?
  yield* prices("MUG");
});

const shop = coroutine(function* shop(makePrices: (api: PriceApi) => Prices) {
  const api = new PriceApi();
  const prices = makePrices(api);
  yield* taskGroup(function* (group) {
    group.createTask(handle(prices), { name: "request-1" });
    yield* sleep(10); // the second looks into the cache when the first has its price
    group.createTask(handle(prices), { name: "request-2" });
  });
  if (api.calls !== 1) throw new Error(`one price was asked for, but the API was called ${api.calls} times`);
});

export const broken = (): Coroutine<void> => shop(cachedPrices);
export const fixed = (): Coroutine<void> => shop(cachedCalls);
