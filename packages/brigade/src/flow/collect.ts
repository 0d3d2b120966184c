/** Reads a source into an array. */
import { coroutine } from "../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../types.ts";
import { forEach } from "./for-each.ts";
import type { Source } from "./source.ts";

const collectAll = /* @__PURE__ */ coroutine(function* collect<T>(source: Source<T>): CoroutineBody<T[]> {
  const items: T[] = [];
  yield* forEach(source, (item) => void items.push(item));
  return items;
});

/** Reads the source to its end, and gives all its items. Throws what the source throws. */
export function collect<T>(source: Source<T>): Awaitable<T[]> {
  return collectAll(source) as Awaitable<unknown> as Awaitable<T[]>;
}
