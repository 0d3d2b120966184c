/** Brigade's streams: a tree walked in order by recursive ones. */
import { forEach, run, type Stream, stream } from "brigade";
import type { Programs } from "../../program.ts";
import { type Node, treeOf } from "../../tree.ts";

const walk: (node: Node) => Stream<number> = stream(function* (node: Node) {
  if (node.left !== undefined) {
    const left = walk(node.left);
    for (let next = yield* left.next(); next.done !== true; next = yield* left.next()) yield next.value;
  }
  yield node.value;
  if (node.right !== undefined) {
    const right = walk(node.right);
    for (let next = yield* right.next(); next.done !== true; next = yield* right.next()) yield next.value;
  }
});

export const programs: Programs = {
  "async-generators": (count) =>
    run(function* () {
      let total = 0;
      yield* forEach(walk(treeOf(count)), (value) => {
        total += value;
      });
      return total;
    }),
};
