/** A tree walked in order by recursive streams. */
import { Effect, Stream } from "effect";
import type { Programs } from "../../program.ts";
import { type Node, treeOf } from "../../tree.ts";

function walk({ left, value, right }: Node): Stream.Stream<number> {
  let values: Stream.Stream<number> = Stream.succeed(value);
  if (left !== undefined)
    values = Stream.concat(
      Stream.suspend(() => walk(left)),
      values,
    );
  if (right !== undefined)
    values = Stream.concat(
      values,
      Stream.suspend(() => walk(right)),
    );
  return values;
}

export const programs: Programs = {
  "async-generators": async (count) => {
    let total = 0;
    const add = (value: number): Effect.Effect<void> =>
      Effect.sync(() => {
        total += value;
      });
    await Effect.runPromise(Stream.runForEach(walk(treeOf(count)), add));
    return total;
  },
};
