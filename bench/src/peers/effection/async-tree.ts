/** The async tree on Effection, with `all`. */
import { all, type Operation, run, sleep } from "effection";
import type { Program, Programs } from "../../program.ts";
import { BRANCHES, IO_SLEEP_MS, LEVELS } from "../../tree.ts";

interface Leaves {
  done: number;
}
/** A leaf's work, made new for each run of the tree. */
type MakeWork = (leaves: Leaves) => () => Operation<void>;

const none: MakeWork = (leaves) =>
  function* () {
    leaves.done++;
  };

const io: MakeWork = (leaves) =>
  function* () {
    yield* sleep(IO_SLEEP_MS);
    leaves.done++;
  };

function gathered(makeWork: MakeWork): Program {
  return async () => {
    const leaves: Leaves = { done: 0 };
    const work = makeWork(leaves);
    function* recurse(level: number): Operation<void> {
      if (level === 0) {
        yield* work();
        return;
      }
      yield* all(Array.from({ length: BRANCHES }, () => recurse(level - 1)));
    }
    await run(() => recurse(LEVELS));
    return leaves.done;
  };
}

export const programs: Programs = {
  "async-tree-none": gathered(none),
  "async-tree-io": gathered(io),
};
