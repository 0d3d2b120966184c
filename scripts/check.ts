/**
 * Runs every check, and ends with one line that counts them: `N passed, N failed`. A failing check does not stop the ones after it. Those
 * that wait more than they compute run two at a time. Names given as arguments choose checks: `node scripts/check.ts types lint`.
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
  /** It leaves a processor idle now and then: it runs with the check before it, and says what it has to say at its end. */
  readonly beside?: true;
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
    commands: [[...vitest, "--project", "data"]],
    needs: ["ip", "postgres", "redis-server"],
  },
  {
    name: "workers",
    claim: "jobs run on every engine, on real servers, as their tests claim",
    commands: [[...vitest, "--project", "workers"]],
    needs: ["ip", "postgres", "redis-server"],
    beside: true,
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
    beside: true,
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
    beside: true,
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

const running = new Set<ChildProcess>();
let stoppedBy: NodeJS.Signals | undefined;

const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
  // The tests start hundreds of processes that load the same sources: each would strip the types anew.
  NODE_COMPILE_CACHE: join(root, "node_modules/.cache/compiled"),
  // CI systems make tools print colours into log files; only a terminal shows them.
  ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
};
if (!process.stdout.isTTY) delete env["FORCE_COLOR"];

/** Where a check writes to: the terminal, or what is shown at its end. */
type Log = "terminal" | string[];

function say(log: Log, line: string): void {
  if (log === "terminal") console.log(line);
  else log.push(`${line}\n`);
}

async function succeeds(command: readonly string[], log: Log): Promise<boolean> {
  const output = log === "terminal" ? "inherit" : "pipe";
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", output, output] });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => void (log as string[]).push(text));
  running.add(child);
  return new Promise((resolve) => {
    const end = (succeeded: boolean): void => {
      running.delete(child);
      resolve(succeeded);
    };
    child.on("error", () => end(false));
    child.on("close", (code) => end(code === 0));
  });
}

async function hasPrograms(check: Check, log: Log): Promise<boolean> {
  try {
    for (const program of check.needs ?? []) await systemProgram(program);
    return true;
  } catch (error) {
    if (!(error instanceof MissingProgram)) throw error;
    say(log, error.message);
    return false;
  }
}

async function passes(check: Check, log: Log): Promise<boolean> {
  if (!(await hasPrograms(check, log))) return false;
  let failed = 0;
  for (const command of check.commands) if (stoppedBy === undefined && !(await succeeds(command, log))) failed++;
  return failed === 0;
}

function chosen(names: readonly string[]): readonly Check[] {
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown === undefined) return names.length === 0 ? checks : checks.filter((check) => names.includes(check.name));
  console.error(`check: there is no check "${unknown}": use one of ${checks.map((check) => check.name).join(", ")}`);
  process.exit(1);
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

interface Result {
  readonly check: Check;
  readonly passed: boolean;
  readonly took: string;
}

async function resultOf(check: Check, log: Log): Promise<Result> {
  say(log, `\n── ${check.name}: ${check.claim}`);
  const start = performance.now();
  const passed = await passes(check, log);
  const took = seconds(start);
  if (stoppedBy === undefined) say(log, `── ${check.name}: ${passed ? "passed" : "FAILED"} in ${took}`);
  return { check, passed, took };
}

/** The first writes to the terminal as it goes on; the others are shown after it. */
async function together(round: readonly Check[]): Promise<readonly Result[]> {
  const logs = round.map((_, i): Log => (i === 0 ? "terminal" : []));
  const results = await Promise.all(round.map((check, i) => resultOf(check, logs[i] as Log)));
  for (const log of logs) if (log !== "terminal") process.stdout.write(log.join(""));
  return results;
}

function roundsOf(selected: readonly Check[]): Check[][] {
  const rounds: Check[][] = [];
  for (const check of selected) {
    const last = rounds.at(-1);
    if (check.beside && last?.length === 1 && checks.indexOf(last[0] as Check) === checks.indexOf(check) - 1)
      last.push(check);
    else rounds.push([check]);
  }
  return rounds;
}

async function runAll(selected: readonly Check[]): Promise<void> {
  const begun = performance.now();
  const results: Result[] = [];
  for (const round of roundsOf(selected)) {
    results.push(...(await together(round)));
    if (stoppedBy !== undefined) {
      console.log(`check: stopped by ${stoppedBy}`);
      process.exit(128 + constants.signals[stoppedBy]);
    }
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
    for (const child of running) child.kill(signal);
  });
}

await runAll(chosen(process.argv.slice(2)));
