/** How the runtime's tests run on a mutant: in threads, which end with their process, until the first failure. */
import type { Socket } from "node:net";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import type { Reporter } from "vitest/node";

const conditions = ["@brigade/source", "module", "node", "development|production"];

// Whoever started this holds the other end. When that is gone, nobody waits for the verdict.
process.stdin.on("end", () => process.exit(1)).resume();
(process.stdin as Partial<Socket>).unref?.(); // does not keep the process

/** Failures go to stdout: they kill the mutant. What kept tests from running goes to stderr: it says nothing of the mutant. */
const failures: Reporter = {
  onTestCaseResult(test) {
    if (test.result().state === "failed") console.log(`${test.module.relativeModuleId}: ${test.fullName}`);
  },
  onTestRunEnd(modules, unhandled) {
    for (const error of unhandled) console.log(`outside any test: ${error.message}`);
    for (const module of modules) for (const error of module.errors()) console.error(error.message);
  },
};

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["packages/brigade/test/**/*.test.ts"],
    pool: "threads",
    maxWorkers: 1,
    bail: 1,
    testTimeout: 10_000, // a busy machine must not kill a mutant; a coroutine that hangs does
    reporters: [failures],
    silent: true,
  },
});

export default config;
