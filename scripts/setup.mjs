/**
 * `npm start`, `npm test` and the other scripts begin here: installs the packages when that is needed, then runs the task on the
 * repository's own Node. Plain JavaScript without dependencies, because a fresh machine runs it with whatever Node it has (20 and up).
 * package.json starts it with `exec`, so that npm's signals reach it and not a shell between them.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".brigade-setup");
const repositoryNode = join(modules, "node", "bin", "node");
const onSources = "--conditions=@brigade/source";

/**
 * What each task runs, as arguments of Node, and who gives it its signals: a "group" task hears the terminal as well as this process;
 * an "alone" task, in a process group of its own, hears only what this process hands on, each signal once; a "terminal" task
 * talks with the terminal and hears only that.
 */
const tasks = {
  start: { run: [onSources, "examples/order-pipeline/src/main.ts"], signals: "alone" },
  bench: { run: ["--expose-gc", "bench/src/main.ts"], signals: "group" },
  check: { run: ["scripts/check.ts"], signals: "group" },
  conformance: { run: [onSources, "conformance/src/main.ts"], signals: "group" },
  build: { run: ["scripts/build.ts"], signals: "group" },
  format: { run: ["node_modules/@biomejs/biome/bin/biome", "format", "--write"], signals: "group" },
  man: { run: [onSources, "packages/cli/man/write.ts"], signals: "group" },
  "lint-fix": { run: ["node_modules/oxlint/bin/oxlint", "--fix"], signals: "group" },
  unit: { run: ["node_modules/vitest/vitest.mjs", "run"], signals: "group" },
  changeset: { run: ["node_modules/@changesets/cli/bin.js"], signals: "terminal" },
};

class SetupError extends Error {}

const say = (line) => console.log(`setup: ${line}`);
const seconds = (since) => `${Math.round((performance.now() - since) / 1000)} s`;
const exitCodeOf = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);

/** The lockfile and the platform say which packages belong here; the stamp says which ones are here. */
function wantedStamp() {
  const lockfile = join(root, "package-lock.json");
  if (!existsSync(lockfile))
    throw new SetupError("package-lock.json is missing: restore it (git checkout package-lock.json)");
  const hash = createHash("sha256").update(readFileSync(lockfile)).digest("hex");
  return `${hash} ${process.platform} ${process.arch}\n`;
}

function isInstalled(wanted) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(repositoryNode);
}

/**
 * npm as the user called it. It must not run on the Node inside node_modules, which `npm ci` deletes,
 * so that folder leaves the PATH.
 */
function npmCommand() {
  const path = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((entry) => entry !== join(modules, ".bin"))
    .join(delimiter);
  const env = { ...process.env, PATH: path };
  const cli = process.env["npm_execpath"];
  const node = process.env["npm_node_execpath"];
  if (cli?.endsWith("npm-cli.js") && node !== undefined && !node.startsWith(modules))
    return { file: node, first: [cli], env };
  if (spawnSync("npm", ["--version"], { env }).status !== 0) {
    throw new SetupError("npm is missing: install Node 20 or newer with npm 10 or newer, then run this again");
  }
  return { file: "npm", first: [], env };
}

/** One clear line for what went wrong in npm, by the code that npm prints; npm's own words only where none of the lines fits. */
function installAdvice(output) {
  const code = /npm (?:error|ERR!) code (\S+)/.exec(output)?.[1] ?? "unknown";
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH/.test(output)
  ) {
    return "the npm registry can't be reached: connect to the network (or set npm's proxy or registry), then run this again";
  }
  if (code === "EUSAGE")
    return "package-lock.json does not match package.json: run `npm install` once and commit the lockfile";
  if (code === "ENOSPC") return "the disk is full: free about 2 GB, then run this again";
  if (code === "EACCES" || code === "EPERM")
    return "npm may not write node_modules: give yourself the right to write this folder";
  process.stderr.write(output);
  return `npm ci failed (${code}): npm's own message stands above`;
}

async function install(wanted) {
  const begun = performance.now();
  const npm = npmCommand();
  say(`installing packages (${existsSync(stamp) ? "the lockfile has changed" : "first run"}, about 30 s) …`);
  // The user's own npm settings must not decide what is installed here, and a missing network shall show within seconds.
  const contents = ["--include=dev", "--include=optional", "--ignore-scripts=false", "--engine-strict=false"];
  const network = ["--fetch-retries=3", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=8000"];
  const quiet = ["--loglevel=error", "--no-audit", "--no-fund"];
  const child = spawn(npm.file, [...npm.first, "ci", ...contents, ...network, ...quiet], {
    cwd: root,
    env: npm.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const heartbeat = setInterval(() => say(`still installing, ${seconds(begun)}`), 10_000);
  const code = await ended(child);
  clearInterval(heartbeat);
  if (code > 128) process.exit(code);
  if (code !== 0) {
    throw new SetupError(installAdvice(errors));
  }
  checkRepositoryNode();
  writeFileSync(stamp, wanted);
  say(`packages installed in ${seconds(begun)}`);
}

function checkRepositoryNode() {
  const platform = `${process.platform} ${process.arch}`;
  if (!existsSync(repositoryNode)) {
    throw new SetupError(
      `the npm package \`node\` brought no Node for ${platform}: use Linux or macOS on x64 or arm64`,
    );
  }
  const { status } = spawnSync(repositoryNode, ["--version"]);
  if (status !== 0) {
    throw new SetupError(
      `the Node in node_modules/node does not run on this system (${platform}): it needs glibc 2.28 or newer`,
    );
  }
}

/**
 * Waits for the child, hands each signal on to it once, and gives its exit code. A Ctrl-C in a terminal reaches this process twice, from
 * the terminal and from npm, which hands on what it gets: what comes again that soon is not a second Ctrl-C.
 */
function ended(child, { handOn = true } = {}) {
  const sameSignalWithin = 250;
  const handedOnAt = new Map();
  const listener = (signal) => {
    const now = performance.now();
    if (!handOn || now - (handedOnAt.get(signal) ?? -Infinity) < sameSignalWithin) return;
    handedOnAt.set(signal, now);
    child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, listener);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const name of signals) process.off(name, listener);
      resolve(exitCodeOf(code, signal));
    });
  });
}

function runTask(task, args) {
  const child = spawn(repositoryNode, [...task.run, ...args], {
    cwd: root,
    stdio: "inherit",
    detached: task.signals === "alone",
    env: { ...process.env, PATH: [join(modules, ".bin"), process.env["PATH"]].join(delimiter) },
  });
  return ended(child, { handOn: task.signals !== "terminal" });
}

async function main([name, ...args]) {
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20 or newer, then run this again`);
  }
  const task = tasks[name];
  if (task === undefined)
    throw new SetupError(`there is no task "${name}": use one of ${Object.keys(tasks).join(", ")}`);
  const wanted = wantedStamp();
  if (!isInstalled(wanted)) await install(wanted);
  return runTask(task, args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
