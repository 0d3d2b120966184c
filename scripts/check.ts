/**
 * Runs every check, one after another, and ends with one line that counts them: `N passed, N failed`. A failing check does not stop the
 * ones after it. Names given as arguments choose checks: `node scripts/check.ts types lint`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { MissingProgram, type SystemProgram, systemProgram } from "./system-programs.ts";

interface Check {
  readonly name: string;
  /** What a reader of the output learns from it. */
  readonly claim: string;
  /** Each is run on this Node; the check passes when all end with 0. */
  readonly commands: readonly (readonly string[])[];
  /** Programs that npm does not bring. */
  readonly needs?: readonly SystemProgram[];
}

const root: string = join(import.meta.dirname, "..");
const tsc = "node_modules/typescript/bin/tsc";
const testRun = ["node_modules/vitest/vitest.mjs", "run", "--maxWorkers"];
// By itself it would run one file at a time on two cores.
const vitest = [...testRun, "2"];
// Tests that wait for processes and servers more than they compute.
const waiting = [...testRun, "3"];

const checks: readonly Check[] = [
  { name: "build", claim: "the packages' dist is built from the sources", commands: [["scripts/build.ts"]] },
  {
    name: "types",
    claim: "runtime, data, workers, page, command, tests, bench, examples and scripts have no type errors",
    commands: [
      [tsc, "-p", "packages/brigade"],
      [tsc, "-p", "packages/brigade/test"],
      [tsc, "-p", "packages/data"],
      [tsc, "-p", "packages/data/test"],
      [tsc, "-p", "packages/workers"],
      [tsc, "-p", "packages/workers/test"],
      [tsc, "-p", "packages/inspector"],
      [tsc, "-p", "packages/inspector/src/page"],
      [tsc, "-p", "packages/inspector/test"],
      [tsc, "-p", "packages/cli"],
      [tsc, "-p", "packages/cli/test"],
      [tsc, "-p", "."],
    ],
  },
  {
    name: "format",
    claim: "every file is formatted (npm run format repairs it)",
    commands: [["node_modules/@biomejs/biome/bin/biome", "format", "--colors=off"]],
  },
  {
    name: "lint",
    claim: "no lint errors, and imports go the way the arrows point",
    commands: [["node_modules/oxlint/bin/oxlint", "."]],
  },
  {
    name: "unit",
    claim: "the runtime does what its tests claim",
    commands: [[...vitest, "--project", "brigade", "--project", "brigade-core"]],
    needs: ["openssl"],
  },
  {
    name: "data",
    claim: "databases and object storage do, on real servers, what their tests claim",
    commands: [[...waiting, "--project", "data"]],
    needs: ["ip", "postgres", "redis-server"],
  },
  {
    name: "workers",
    claim: "jobs run on every engine, on real servers, as their tests claim",
    commands: [[...waiting, "--project", "workers"]],
    needs: ["ip", "postgres", "redis-server"],
  },
  {
    name: "cli",
    claim: "the command does what its tests claim",
    commands: [[...waiting, "--project", "cli"]],
    needs: ["chromium", "fish", "mandoc", "postgres", "redis-server", "tmux", "zsh"],
  },
  {
    name: "inspector",
    claim: "the page does in Chromium what its tests claim",
    commands: [[...vitest, "--project", "inspector"]],
    needs: ["chromium"],
  },
  {
    name: "examples",
    claim: "the examples do what their tests claim",
    commands: [[...waiting, "--project", "examples"]],
    needs: ["postgres", "redis-server"],
  },
  {
    name: "conformance",
    claim: "programs take the same steps on CPython's asyncio and on Brigade: the directed set, and 20,000 at random",
    commands: [
      [...vitest, "--project", "conformance"],
      ["--conditions=@brigade/source", "conformance/src/main.ts", "--programs", "20000", "--seed", "1"],
    ],
  },
  {
    name: "runtimes",
    claim:
      "Node 22, 24 and 26, Deno, Bun and Chromium write the traces that CPython wrote, and record the same events of a program in virtual time; the HTTP client works on each, brigade/node and the databases on all but Chromium",
    commands: [["conformance/src/runtimes/main.ts"]],
    needs: ["chromium", "postgres", "redis-server"],
  },
  {
    name: "docs",
    claim: "the examples in README, docs and docstrings compile and run, and commands print what the pages show",
    commands: [[...waiting, "--project", "docs"], ["scripts/docstring-examples.ts"]],
    needs: ["postgres", "python3", "redis-server"],
  },
  {
    name: "package",
    claim:
      "the packed packages are well formed; a program that installs them compiles and runs, and so does the command",
    commands: [
      ["node_modules/publint/src/cli.js", "run", "packages/brigade", "--strict"],
      ["node_modules/publint/src/cli.js", "run", "packages/data", "--strict"],
      ["node_modules/publint/src/cli.js", "run", "packages/workers", "--strict"],
      ["node_modules/publint/src/cli.js", "run", "packages/inspector", "--strict"],
      ["node_modules/publint/src/cli.js", "run", "packages/cli", "--strict"],
      ["scripts/packed-package.ts"],
    ],
  },
  {
    name: "unused",
    claim: "no unused files, exports or dependencies",
    commands: [["node_modules/knip/bin/knip.js", "--no-progress"]],
  },
];

let running: ChildProcess | undefined;
let stoppedBy: NodeJS.Signals | undefined;

const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
  // CI systems make tools print colours into log files; only a terminal shows them.
  ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
};
if (!process.stdout.isTTY) delete env["FORCE_COLOR"];

async function succeeds(command: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  running = child;
  return new Promise((resolve) => {
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

async function hasPrograms(check: Check): Promise<boolean> {
  try {
    for (const program of check.needs ?? []) await systemProgram(program);
    return true;
  } catch (error) {
    if (!(error instanceof MissingProgram)) throw error;
    console.log(error.message);
    return false;
  }
}

async function passes(check: Check): Promise<boolean> {
  if (!(await hasPrograms(check))) return false;
  let failed = 0;
  for (const command of check.commands) if (stoppedBy === undefined && !(await succeeds(command))) failed++;
  return failed === 0;
}

function chosen(names: readonly string[]): readonly Check[] {
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown === undefined) return names.length === 0 ? checks : checks.filter((check) => names.includes(check.name));
  console.error(`check: there is no check "${unknown}": use one of ${checks.map((check) => check.name).join(", ")}`);
  process.exit(1);
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function runAll(selected: readonly Check[]): Promise<void> {
  const begun = performance.now();
  const results: { readonly check: Check; readonly passed: boolean; readonly took: string }[] = [];
  for (const check of selected) {
    console.log(`\n── ${check.name}: ${check.claim}`);
    const start = performance.now();
    const passed = await passes(check);
    if (stoppedBy !== undefined) {
      console.log(`check: stopped by ${stoppedBy}`);
      process.exit(128 + constants.signals[stoppedBy]);
    }
    const took = seconds(start);
    results.push({ check, passed, took });
    console.log(`── ${check.name}: ${passed ? "passed" : "FAILED"} in ${took}`);
  }
  const failed = results.filter((result) => !result.passed);
  console.log(`\n── summary, ${seconds(begun)}`);
  for (const { check, passed, took } of results) {
    console.log(`${passed ? "passed" : "FAILED"}  ${check.name.padEnd(10)}${took.padStart(8)}  ${check.claim}`);
  }
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stoppedBy = signal;
    running?.kill(signal);
  });
}

await runAll(chosen(process.argv.slice(2)));
