/** Brigade's async tree: with gather and with task groups. */
import { type Coroutine, coroutine, gather, run, sleep, taskGroup } from "brigade";
import type { Program, Programs } from "../../program.ts";
import { BRANCHES, IO_SLEEP_MS, LEVELS, makeMemo } from "../../tree.ts";

interface Leaves {
  done: number;
}
/** A leaf's work, made new for each run of the tree. */
type MakeWork = (leaves: Leaves) => () => Coroutine<void>;
type Recurse = (level: number) => Coroutine<void>;

const none: MakeWork = (leaves) =>
  coroutine(function* () {
    leaves.done++;
  });

const io: MakeWork = (leaves) =>
  coroutine(function* () {
    yield* sleep(IO_SLEEP_MS);
    leaves.done++;
  });

const memoization: MakeWork = (leaves) => {
  const needsIo = makeMemo();
  return coroutine(function* () {
    if (!needsIo()) return;
    yield* sleep(IO_SLEEP_MS);
    leaves.done++;
  });
};

function gathered(makeWork: MakeWork): Program {
  return async () => {
    const leaves: Leaves = { done: 0 };
    const work = makeWork(leaves);
    const recurse: Recurse = coroutine(function* (level: number) {
      if (level === 0) {
        yield* work();
        return;
      }
      yield* gather(Array.from({ length: BRANCHES }, () => recurse(level - 1)));
    });
    await run(recurse(LEVELS));
    return leaves.done;
  };
}

function grouped(makeWork: MakeWork): Program {
  return async () => {
    const leaves: Leaves = { done: 0 };
    const work = makeWork(leaves);
    const recurse: Recurse = coroutine(function* (level: number) {
      if (level === 0) {
        yield* work();
        return;
      }
      yield* taskGroup(function* (group) {
        for (let i = 0; i < BRANCHES; i++) group.createTask(recurse(level - 1));
      });
    });
    await run(recurse(LEVELS));
    return leaves.done;
  };
}

export const programs: Programs = {
  "async-tree-none": gathered(none),
  "async-tree-io": gathered(io),
  "async-tree-memoization": gathered(memoization),
  "async-tree-none-tg": grouped(none),
  "async-tree-io-tg": grouped(io),
  "async-tree-memoization-tg": grouped(memoization),
};
