/** Ends this process when the program that it belongs to is gone, though a statement keeps it busy. */
import { Worker } from "node:worker_threads";

// As text, so that no flag, loader or type has a say in how it starts. A process whose parent is gone has another.
const GUARD = `
  const { workerData: { parent, self } } = require("node:worker_threads");
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === parent) Atomics.wait(nothing, 0, 0, 1000);
  process.kill(self, "SIGKILL");
`;

/** Starts the thread that looks after the parent. Where it can't be had, a process that is idle still ends with its input. */
export function guardAgainstParent(): void {
  try {
    const guard = new Worker(GUARD, {
      eval: true,
      workerData: { parent: process.ppid, self: process.pid },
      env: {},
      execArgv: [],
      name: "parent guard",
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 1, stackSizeMb: 1 },
    });
    guard.on("error", () => {});
    guard.unref();
  } catch {
    // for want of memory or descriptors: the statements are worth more
  }
}
