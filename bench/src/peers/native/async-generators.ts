/** A tree walked in order by recursive async generators. */
import type { Programs } from "../../program.ts";
import { type Node, treeOf } from "../../tree.ts";

async function* walk(node: Node): AsyncGenerator<number, void, undefined> {
  if (node.left !== undefined) yield* walk(node.left);
  yield node.value;
  if (node.right !== undefined) yield* walk(node.right);
}

export const programs: Programs = {
  "async-generators": async (count) => {
    let total = 0;
    for await (const value of walk(treeOf(count))) total += value;
    return total;
  },
};
