/** How Brigade's coroutines ask a database of whatever kind: 50 at once for one row each, or one for all rows as a stream. */
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine, forEach, gather, type Stream } from "brigade";
import { CONCURRENCY, type Item, Queries, Received } from "../../data/items.ts";
import { RowMemory } from "../../data/row-memory.ts";

export type Ask = (id: number) => Awaitable<string | undefined | null>;

const selects = coroutine(function* selects(ask: Ask, count: number): CoroutineBody<number> {
  const queries = new Queries(count);
  const loop = coroutine(function* loop(): CoroutineBody<void> {
    for (let id = queries.next(); id !== undefined; id = queries.next()) queries.answer(id, yield* ask(id));
  });
  const begun = performance.now();
  yield* gather(Array.from({ length: CONCURRENCY }, () => loop()));
  return queries.took(begun);
});

/** Milliseconds of so many queries, after some that do not count. */
export const warmSelects: (ask: Ask, count: number) => Coroutine<number> = coroutine(function* warmSelects(
  ask: Ask,
  count: number,
): CoroutineBody<number> {
  yield* selects(ask, count / 10);
  return yield* selects(ask, count);
});

/** Milliseconds of a stream of all items. */
export const speedOf: (rows: Stream<Item>) => Coroutine<number> = coroutine(function* speedOf(
  rows: Stream<Item>,
): CoroutineBody<number> {
  const received = new Received();
  const begun = performance.now();
  yield* forEach(rows, (item) => received.row(item));
  received.check();
  return performance.now() - begun;
});

/** Megabytes by which the process grows in the second of two streams. */
export const growthOf: (rows: () => Stream<Item>) => Coroutine<number> = coroutine(function* growthOf(
  rows: () => Stream<Item>,
): CoroutineBody<number> {
  yield* forEach(rows(), () => undefined);
  const memory = new RowMemory();
  yield* forEach(rows(), () => memory.row());
  return memory.growth();
});
