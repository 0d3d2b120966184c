/** Unit tests run on the sources: the condition "@brigade/source" leads `brigade` to packages/brigade/src, so no build comes first. */
import { defineConfig, type ViteUserConfig } from "vitest/config";

// Those of Node, which knows no "module": what that leads to may be for bundlers alone.
const conditions = ["@brigade/source", "node", "development|production"];

/** What these test is of the language alone and leaves nothing behind, so that one process serves many files: it starts once, not for each. */
const core: string[] = ["kernel", "task", "flow", "scope", "sync", "many", "interleavings", "testing"].map(
  (folder) => `packages/brigade/test/${folder}/**/*.test.ts`,
);

/**
 * Real processes, servers and browsers on a machine that does other things too: on CI one of thousands that fails is run once more, and the
 * output says so. What is of the language alone has no such excuse.
 */
const retry: number = process.env["CI"] === undefined ? 0 : 1;

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    pool: "forks",
    execArgv: ["--expose-gc"],
    passWithNoTests: true,
    testTimeout: 20_000, // a busy machine must not fail a test; a coroutine that hangs must
    projects: [
      {
        extends: true,
        test: {
          name: "brigade",
          retry,
          include: ["packages/brigade/test/**/*.test.ts"],
          exclude: ["**/docs/**", ...core],
        },
      },
      { extends: true, test: { name: "brigade-core", include: core, isolate: false } },
      { extends: true, test: { name: "data", retry, include: ["packages/data/test/**/*.test.ts"] } },
      { extends: true, test: { name: "workers", retry, include: ["packages/workers/test/**/*.test.ts"] } },
      { extends: true, test: { name: "cli", retry, include: ["packages/cli/test/**/*.test.ts"] } },
      { extends: true, test: { name: "inspector", retry, include: ["packages/inspector/test/**/*.test.{ts,tsx}"] } },
      { extends: true, test: { name: "conformance", include: ["conformance/test/**/*.test.ts"] } },
      { extends: true, test: { name: "examples", retry, include: ["examples/**/*.test.ts"] } },
      { extends: true, test: { name: "docs", retry, include: ["packages/brigade/test/docs/**/*.test.ts"] } },
    ],
  },
});

export default config;
