/** The async tree on async functions and Promise.all. There is no native task group, so those works have no program here. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Program, Programs } from "../../program.ts";
import { BRANCHES, IO_SLEEP_MS, LEVELS, makeMemo } from "../../tree.ts";

interface Leaves {
  done: number;
}
/** A leaf's work, made new for each run of the tree. */
type MakeWork = (leaves: Leaves) => () => Promise<void>;

const none: MakeWork = (leaves) => async () => {
  leaves.done++;
};

const io: MakeWork = (leaves) => async () => {
  await sleep(IO_SLEEP_MS);
  leaves.done++;
};

const memoization: MakeWork = (leaves) => {
  const needsIo = makeMemo();
  return async () => {
    if (!needsIo()) return;
    await sleep(IO_SLEEP_MS);
    leaves.done++;
  };
};

function gathered(makeWork: MakeWork): Program {
  return async () => {
    const leaves: Leaves = { done: 0 };
    const work = makeWork(leaves);
    const recurse = async (level: number): Promise<void> => {
      if (level === 0) {
        await work();
        return;
      }
      await Promise.all(Array.from({ length: BRANCHES }, () => recurse(level - 1)));
    };
    await recurse(LEVELS);
    return leaves.done;
  };
}

export const programs: Programs = {
  "async-tree-none": gathered(none),
  "async-tree-io": gathered(io),
  "async-tree-memoization": gathered(memoization),
};
