/** The list of works: what each is, in what unit it is told, against whom, and what the bound is. */
import { dataWorks } from "./data/works.ts";
import { httpWorks } from "./http/works.ts";
import { nodeWorks } from "./node/works.ts";
import { sumBelow } from "./results.ts";
import { traceWorks } from "./trace/works.ts";
import { LEAVES, memoizationSleeps } from "./tree.ts";
import type { ProgramWork, Rival, Work } from "./work.ts";

const asIs = (figure: number): number => figure;
const nanoseconds =
  (operations: number) =>
  (ms: number, count: number): number =>
    (ms * 1e6) / (count * operations);

const native: Rival = { label: "native", peer: "native" };
const effect: Rival = { label: "effect", peer: "effect" };
const effection: Rival = { label: "effection", peer: "effection" };
const asyncio: Rival = { label: "asyncio", peer: "asyncio" };
const everyone: readonly Rival[] = [native, effect, effection, asyncio];

const timed = { kind: "program", figure: "time", process: "kept" } as const;

function depthWork(depth: number): ProgramWork {
  const slow = depth >= 1_000 ? { count: 10_000 } : {};
  const itself: Rival = { label: "itself at depth 1", peer: "brigade", program: "depth-1", atMost: 1.2 };
  return {
    ...timed,
    name: `depth-${depth}`,
    what: `sleep(0) 100,000 times at coroutine depth ${depth.toLocaleString("en")}`,
    unit: "ns per resume",
    module: "calls",
    count: 100_000,
    expected: asIs,
    scale: nanoseconds(1),
    rivals: [
      ...(depth === 1_000 ? [itself] : []),
      native,
      { ...effect, ...slow },
      { ...effection, ...slow },
      { ...asyncio, ...slow },
    ],
  };
}

interface AsyncTree {
  readonly name: string;
  readonly what: string;
  /** How many leaves did all of their work. */
  readonly result: number;
  readonly rivals: readonly Rival[];
}

function asyncTree({ name, what, result, rivals }: AsyncTree): ProgramWork {
  return {
    ...timed,
    name,
    what,
    unit: "ms",
    module: "async-tree",
    count: 1,
    expected: () => result,
    scale: asIs,
    rivals,
  };
}

/** Promises have no task group, and Effection's `all` and `spawn` make the same tasks: one of the two is enough. */
const grouped: readonly Rival[] = [effect, asyncio];

export const works: readonly Work[] = [
  {
    ...timed,
    name: "switch",
    what: "100,000 tasks × 10 sleep(0)",
    unit: "ns per switch",
    module: "tasks",
    count: 100_000,
    expected: (count) => count * 10,
    scale: nanoseconds(10),
    rivals: [{ ...native, atMost: 0.9 }, effect, { ...effection, count: 10_000 }, { ...asyncio, atMost: 0.06 }],
  },
  {
    ...timed,
    name: "spawn-join",
    what: "100,000 children that return a value, started and joined",
    unit: "ns per child",
    module: "tasks",
    count: 100_000,
    expected: sumBelow,
    scale: nanoseconds(1),
    rivals: [
      { ...native, atMost: 1 },
      { ...effect, atMost: 0.1, note: "Effect.forEach, unbounded: it runs each child at once, inside the parent" },
      {
        ...effect,
        label: "effect (fork)",
        program: "spawn-join-fork",
        note: "Effect.forkChild and Fiber.joinAll: children start in their own turn",
      },
      { ...effection, count: 10_000 },
      asyncio,
    ],
  },
  {
    ...timed,
    name: "call",
    what: "1,000,000 awaits of a coroutine that returns at once",
    unit: "ns per call",
    module: "calls",
    count: 1_000_000,
    expected: sumBelow,
    scale: nanoseconds(1),
    rivals: [{ ...native, atMost: 0.9 }, effect, effection, asyncio],
  },
  {
    ...timed,
    name: "fib",
    what: "fib(25) by recursive coroutines",
    unit: "ms",
    module: "calls",
    count: 25,
    expected: () => 75_025,
    scale: asIs,
    rivals: [{ ...native, atMost: 0.9 }, effect, effection, { ...asyncio, atMost: 0.6 }],
  },
  depthWork(1),
  depthWork(10),
  depthWork(100),
  depthWork(1_000),
  {
    ...timed,
    name: "gather-sleep",
    what: "10,000 sleeps of 10 ms, gathered",
    unit: "ms",
    module: "tasks",
    count: 10_000,
    expected: asIs,
    scale: asIs,
    rivals: everyone,
  },
  {
    ...timed,
    name: "cancel",
    what: "10,000 sleepers started, cancelled, and waited for",
    unit: "ns per sleeper",
    module: "tasks",
    count: 10_000,
    expected: asIs,
    scale: nanoseconds(1),
    rivals: [{ ...native, atMost: 0.1 }, { ...effect, atMost: 0.1 }, effection, asyncio],
  },
  {
    ...timed,
    name: "queue",
    what: "1,000,000 items through a queue of maxSize 16",
    unit: "ns per item",
    module: "sync",
    count: 1_000_000,
    expected: sumBelow,
    scale: nanoseconds(1),
    rivals: [native, { ...effect, atMost: 0.1 }, asyncio],
  },
  {
    ...timed,
    name: "semaphore",
    what: "10,000 waiters on 100 permits, one sleep(0) inside",
    unit: "ns per waiter",
    module: "sync",
    count: 10_000,
    expected: asIs,
    scale: nanoseconds(1),
    rivals: [native, effect, asyncio],
  },
  asyncTree({
    name: "async-tree-none",
    what: "pyperformance's async tree (6 levels × 6 branches), no work in the leaves",
    result: LEAVES,
    rivals: [{ ...native, atMost: 1 }, effect, effection, { ...asyncio, atMost: 0.2 }],
  }),
  asyncTree({ name: "async-tree-io", what: "the same, each leaf sleeps 50 ms", result: LEAVES, rivals: everyone }),
  asyncTree({
    name: "async-tree-memoization",
    what: "the same, 90 % of the leaves' sleeps memoized",
    result: memoizationSleeps(),
    // Effection needs six seconds for a tree, and two of its trees tell enough.
    rivals: [native, effect, asyncio],
  }),
  asyncTree({ name: "async-tree-none-tg", what: "async-tree-none with task groups", result: LEAVES, rivals: grouped }),
  asyncTree({ name: "async-tree-io-tg", what: "async-tree-io with task groups", result: LEAVES, rivals: grouped }),
  asyncTree({
    name: "async-tree-memoization-tg",
    what: "async-tree-memoization with task groups",
    result: memoizationSleeps(),
    rivals: grouped,
  }),
  {
    ...timed,
    name: "async-generators",
    what: "a tree of 100,000 nodes walked by recursive async generators",
    unit: "ms",
    module: "async-generators",
    count: 100_000,
    expected: sumBelow,
    scale: asIs,
    rivals: [native, { ...effect, note: "Stream.concat of streams" }, asyncio],
  },
  {
    kind: "program",
    name: "parked",
    what: "memory held by each of 100,000 sleeping tasks",
    unit: "bytes per task",
    module: "memory",
    count: 100_000,
    figure: "own",
    scale: asIs,
    process: "fresh",
    limit: 700,
    rivals: [native, effect, { ...effection, count: 10_000 }, { ...asyncio, note: "counted by tracemalloc" }],
  },
  {
    kind: "program",
    name: "million-sleepers",
    what: "peak resident memory with 1,000,000 tasks in sleep(1 s) at once",
    unit: "MB",
    module: "memory",
    count: 1_000_000,
    figure: "own",
    scale: asIs,
    process: "fresh",
    limit: 1_000,
    rivals: [native],
  },
  {
    kind: "program",
    name: "host-timer",
    what: "worst lateness of a host timer (5 ms, armed again) beside 1,000 tasks on sleep(0) for 1 s",
    unit: "ms",
    module: "host-timer",
    count: 1_000,
    figure: "own",
    scale: asIs,
    process: "kept",
    limit: 10,
    rivals: [],
  },
  {
    ...timed,
    name: "explore",
    what: "20,000 random schedules of a program of 3 tasks; 50 µs are 20,000 schedules a second",
    unit: "µs per schedule",
    module: "explore",
    count: 20_000,
    expected: asIs,
    scale: (ms, count) => (ms * 1e3) / count,
    limit: 50,
    rivals: [],
  },
  {
    kind: "size",
    name: "size",
    what: "the bundle of the usual imports, minified by esbuild and gzipped",
    unit: "bytes",
    limit: 9_000,
    rivals: [effect, { ...effection, note: "has no semaphore and no timeout" }],
  },
  {
    kind: "startup",
    name: "startup",
    what: "import and an empty run, over an empty process",
    unit: "ms",
    rivals: [effect, effection, { ...asyncio, note: "over an empty python3 process" }],
  },
  ...httpWorks,
  ...nodeWorks,
  ...traceWorks,
  ...dataWorks,
];

export class UnknownWork extends Error {}

/** The works of a comma list. A name that no work has may be that of a family: `depth` is every `depth-…`. */
export function selectWorks(only: string): readonly Work[] {
  const chosen = new Set(only.split(",").flatMap((name) => named(name.trim())));
  return works.filter((work) => chosen.has(work));
}

function named(name: string): readonly Work[] {
  const exact = works.filter((work) => work.name === name);
  const found = exact.length > 0 ? exact : works.filter((work) => work.name.startsWith(`${name}-`));
  if (found.length > 0) return found;
  throw new UnknownWork(`There is no work "${name}". There are: ${works.map((work) => work.name).join(", ")}.`);
}
