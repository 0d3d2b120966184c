/** The async tree on Effect: with an unbounded `Effect.all`, and with forked children joined. */
import { Effect, Fiber } from "effect";
import type { Program, Programs } from "../../program.ts";
import { BRANCHES, IO_SLEEP_MS, LEVELS, makeMemo } from "../../tree.ts";

interface Leaves {
  done: number;
}
/** A leaf's work, made new for each run of the tree. */
type MakeWork = (leaves: Leaves) => () => Effect.Effect<void>;
type Recurse = (level: number) => Effect.Effect<void>;

const none: MakeWork = (leaves) =>
  Effect.fnUntraced(function* () {
    leaves.done++;
  });

const io: MakeWork = (leaves) =>
  Effect.fnUntraced(function* () {
    yield* Effect.sleep(IO_SLEEP_MS);
    leaves.done++;
  });

const memoization: MakeWork = (leaves) => {
  const needsIo = makeMemo();
  return Effect.fnUntraced(function* () {
    if (!needsIo()) return;
    yield* Effect.sleep(IO_SLEEP_MS);
    leaves.done++;
  });
};

function gathered(makeWork: MakeWork): Program {
  return async () => {
    const leaves: Leaves = { done: 0 };
    const work = makeWork(leaves);
    const recurse: Recurse = Effect.fnUntraced(function* (level: number): Effect.fn.Return<void> {
      if (level === 0) {
        yield* work();
        return;
      }
      const branches = Array.from({ length: BRANCHES }, () => recurse(level - 1));
      yield* Effect.all(branches, { concurrency: "unbounded", discard: true });
    });
    await Effect.runPromise(recurse(LEVELS));
    return leaves.done;
  };
}

function grouped(makeWork: MakeWork): Program {
  return async () => {
    const leaves: Leaves = { done: 0 };
    const work = makeWork(leaves);
    const recurse: Recurse = Effect.fnUntraced(function* (level: number): Effect.fn.Return<void> {
      if (level === 0) {
        yield* work();
        return;
      }
      const fibers: Fiber.Fiber<void>[] = [];
      for (let i = 0; i < BRANCHES; i++) fibers.push(yield* Effect.forkChild(recurse(level - 1)));
      yield* Fiber.joinAll(fibers);
    });
    await Effect.runPromise(recurse(LEVELS));
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
