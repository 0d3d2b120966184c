/** Programs that checks need and npm does not bring: where they come from, and one line that says so when one can't be had. */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Command by command, the Debian package that brings it. */
const debianPackages = {
  python3: "python3",
  chromium: "chromium",
  curl: "curl",
  parallel: "parallel",
  fish: "fish",
  mandoc: "mandoc",
  ip: "iproute2",
  openssl: "openssl",
  postgres: "postgresql",
  "redis-server": "redis-server",
  tmux: "tmux",
  zsh: "zsh",
} as const;

export type SystemProgram = keyof typeof debianPackages;

/** Module by module, the Debian package that brings it to Debian's own Python. */
const pythonPackages = {
  aiohttp: "python3-aiohttp",
  httpx: "python3-httpx",
} as const;

const DEBIAN_PYTHON = "/usr/bin/python3";

/** The message says what is missing and what to do. */
export class MissingProgram extends Error {}

/** Debian keeps each version's programs of PostgreSQL in a folder of its own, which is on nobody's PATH. */
const DEBIAN_POSTGRESQL = "/usr/lib/postgresql";

function foldersOf(program: string): readonly string[] {
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  if (program !== "postgres" || !existsSync(DEBIAN_POSTGRESQL)) return onPath;
  const versions = readdirSync(DEBIAN_POSTGRESQL).toSorted((a, b) => Number(b) - Number(a));
  return [...onPath, ...versions.map((version) => join(DEBIAN_POSTGRESQL, version, "bin"))];
}

function pathOf(program: string): string | undefined {
  const candidates = foldersOf(program).map((folder) => join(folder, program));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Another apt-get may be at work, and a network that is not there shall show soon. */
const patience: readonly string[] = [
  ...["-o", "DPkg::Lock::Timeout=120"],
  ...["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"],
];

/** A signal does not end it: half an installation is worse than a late end. */
async function aptGet(...args: readonly string[]): Promise<boolean> {
  const child = spawn("apt-get", [...patience, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  return new Promise((resolve) => {
    const end = (succeeded: boolean): void => {
      if (!succeeded) console.log(complaints.trim());
      resolve(succeeded);
    };
    child.on("error", () => end(false));
    child.on("close", (code) => end(code === 0));
  });
}

async function install(debianPackage: string): Promise<void> {
  console.log(`installing the Debian package ${debianPackage} (apt-get install ${debianPackage}), about 20 s …`);
  const begun = performance.now();
  const done =
    (await aptGet("--quiet", "update")) &&
    (await aptGet("--quiet", "--yes", "--no-install-recommends", "install", debianPackage));
  console.log(`apt-get ${done ? "installed it" : "failed"} after ${Math.round((performance.now() - begun) / 1000)} s`);
}

/** Installing needs no question where root does it, on a Debian. */
function canInstall(): boolean {
  return process.getuid?.() === 0 && pathOf("apt-get") !== undefined;
}

function missing(what: string, debianPackage: string): MissingProgram {
  return new MissingProgram(
    `${what} is missing: install it, then run this again (Debian: apt-get install ${debianPackage})`,
  );
}

/** The program's path. Where it is missing, it is installed when that needs no question. */
export async function systemProgram(program: SystemProgram): Promise<string> {
  const debianPackage = debianPackages[program];
  if (pathOf(program) === undefined && canInstall()) await install(debianPackage);
  const path = pathOf(program);
  if (path !== undefined) return path;
  throw missing(program, debianPackage);
}

/** Debian's Python stands beside that of a version manager, which has modules of its own. */
function pythonThatHas(module: string): string | undefined {
  return ["python3", DEBIAN_PYTHON].find((python) => spawnSync(python, ["-c", `import ${module}`]).status === 0);
}

/** A Python that can import the module. Where there is none, the module is installed when that needs no question. */
export async function pythonWith(module: keyof typeof pythonPackages): Promise<string> {
  const debianPackage = pythonPackages[module];
  if (pythonThatHas(module) === undefined && canInstall()) await install(debianPackage);
  const python = pythonThatHas(module);
  if (python !== undefined) return python;
  throw missing(`Python's ${module}`, debianPackage);
}
