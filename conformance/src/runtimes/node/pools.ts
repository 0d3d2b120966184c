/** Threads and processes. */
import { type Awaitable, collect, createTask, gather, sleep, use } from "brigade";
import { type Pool, processPool, threadPool, transfer, WorkerDiedError } from "brigade/node";
import { type Check, failureOf, host } from "./check.ts";

type Jobs = typeof import("./jobs.ts");
type WithPool = (pool: Pool<Jobs>) => Awaitable<unknown>;

// Bundled beside the program.
const file = new URL("./jobs.mjs", import.meta.url);

const claims: readonly { readonly claim: string; readonly sees: WithPool; readonly expected: unknown }[] = [
  {
    claim: "a call",
    *sees(pool) {
      return yield* gather([pool.call("square", 7), pool.call("later", "text"), pool.call("asCoroutine", "ab")]);
    },
    expected: [49, "TEXT", "abab"],
  },
  {
    claim: "an error",
    *sees(pool) {
      try {
        return yield* pool.call("fail");
      } catch (error) {
        if (!(error instanceof RangeError)) return String(error);
        return [error.message, error.cause];
      }
    },
    expected: ["out of range", "the test"],
  },
  {
    claim: "a stream",
    *sees(pool) {
      return yield* collect(pool.stream("count", 5));
    },
    expected: [0, 1, 2, 3, 4],
  },
  {
    claim: "map",
    *sees(pool) {
      return yield* collect(pool.map("square", [1, 2, 3, 4]));
    },
    expected: [1, 4, 9, 16],
  },
  {
    claim: "a call that polls its signal is cancelled, and its worker goes on",
    *sees(pool) {
      const task = createTask(pool.call("obedient"));
      yield* sleep(300);
      task.cancel();
      const name = yield* failureOf(() => task);
      return [name, yield* pool.call("square", 3)];
    },
    expected: ["CancelledError", 9],
  },
  {
    claim: "a call that does not stop is ended with its worker, and another takes its place",
    *sees(pool) {
      const task = createTask(pool.call("stubborn"));
      yield* sleep(300);
      task.cancel();
      const name = yield* failureOf(() => task);
      return [name, yield* pool.call("square", 3)];
    },
    expected: ["CancelledError", 9],
  },
  {
    claim: "a worker that exits",
    *sees(pool) {
      try {
        return yield* pool.call("exit", 3);
      } catch (error) {
        if (!(error instanceof WorkerDiedError)) return String(error);
        return [error.reason, error.exitCode, yield* pool.call("square", 3)];
      }
    },
    expected: ["exit", 3, 9],
  },
];

const inThreads: readonly Check[] = claims.map(({ claim, sees, expected }) => ({
  claim: `threads: ${claim}`,
  sees: () => use(threadPool<Jobs>(file, { size: 1, grace: "200ms" }), sees),
  expected,
}));

const inProcesses: readonly Check[] = claims.map(({ claim, sees, expected }) => ({
  claim: `processes: ${claim}`,
  sees: () => use(processPool<Jobs>(file, { size: 1, grace: "200ms" }), sees),
  expected,
}));

const transferring: Check = {
  claim: "threads: bytes are moved",
  *sees() {
    const bytes = new Uint8Array(1_000_000);
    const size = yield* use(threadPool<Jobs>(file, { size: 1 }), (pool) => pool.call("sizeOf", transfer(bytes)));
    return [size, bytes.byteLength];
  },
  expected: [1_000_000, 0],
};

/** Bun's child processes can't open a pipe that they were given. */
const refused: Check = {
  claim: "processes: refused, with what to use instead",
  *sees() {
    try {
      return processPool(file).name;
    } catch (error) {
      return String(error).includes("use threadPool");
    }
  },
  expected: true,
};

export const poolChecks: readonly Check[] = [...inThreads, transferring, ...(host === "bun" ? [refused] : inProcesses)];
