/** The inputs that every peer shares: the async tree's shape and draws, and the tree that generators walk. */

/** The async tree of pyperformance: levels below the root, and branches of each node. */
export const LEVELS = 6;
export const BRANCHES = 6;
export const LEAVES: number = BRANCHES ** LEVELS;
export const IO_SLEEP_MS = 50;
const MEMOIZABLE_PERCENTAGE = 90;

/** Whole numbers from 1 to 100, the same ones in every peer: pyperformance seeds `random` for that. */
function makeDraw(): () => number {
  let state = 0;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return ((state >>> 16) % 100) + 1;
  };
}

/** Whether a leaf of the memoization tree has to do I/O: what it drew is not to be memoized, or not yet there. */
export function makeMemo(): () => boolean {
  const draw = makeDraw();
  const cache = new Set<number>();
  return () => {
    const data = draw();
    if (data <= MEMOIZABLE_PERCENTAGE) {
      if (cache.has(data)) return false;
      cache.add(data);
    }
    return true;
  };
}

/** How many leaves of the memoization tree do I/O. The order of the draws does not change it. */
export function memoizationSleeps(): number {
  const needsIo = makeMemo();
  let sleeps = 0;
  for (let leaf = 0; leaf < LEAVES; leaf++) if (needsIo()) sleeps++;
  return sleeps;
}

export interface Node {
  readonly left: Node | undefined;
  readonly value: number;
  readonly right: Node | undefined;
}

/** A balanced binary tree of 0 … count - 1, in order. */
function balancedTree(count: number, first = 0): Node | undefined {
  if (count === 0) return undefined;
  const left = count >> 1;
  return {
    left: balancedTree(left, first),
    value: first + left,
    right: balancedTree(count - left - 1, first + left + 1),
  };
}

const trees = new Map<number, Node>();

/** The tree for a count, built once, so that building it is no part of the work. */
export function treeOf(count: number): Node {
  const tree = trees.get(count) ?? balancedTree(count);
  if (tree === undefined) throw new RangeError("A tree needs at least one node.");
  trees.set(count, tree);
  return tree;
}
