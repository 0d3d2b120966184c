/** In a process of a pool: ends it when the program that it belongs to is gone, though a function keeps it busy. */
import { Worker } from "node:worker_threads";

const BETWEEN_LOOKS = 1_000; // ms

/** What the guard is started with. */
interface Guarded {
  readonly parent: number;
  /** What is killed: the group of this process, with what it has started. */
  readonly target: number;
  readonly interval: number;
}

// As text, so that no flag, loader or type has a say in how it starts. A process whose parent is gone has another.
const GUARD = `
  const { workerData: { parent, target, interval } } = require("node:worker_threads");
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === parent) Atomics.wait(nothing, 0, 0, interval);
  process.kill(target, "SIGKILL");
`;

/** Starts the thread that looks after the parent. Where it can't be had, a process that is idle still ends with its pipe. */
export function guardAgainstParent(): void {
  const target = process.platform === "win32" ? process.pid : -process.pid;
  const workerData: Guarded = { parent: process.ppid, target, interval: BETWEEN_LOOKS };
  try {
    const guard = new Worker(GUARD, {
      eval: true,
      workerData,
      env: {},
      execArgv: [],
      name: "parent guard",
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 1, stackSizeMb: 1 },
    });
    guard.on("error", () => {});
    guard.unref();
  } catch {
    // for want of memory or descriptors: the calls are worth more
  }
}
