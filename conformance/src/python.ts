/**
 * Finds the CPython that runs the programs: 3.13 or newer, because older ones lack `Queue.shutdown` and the fair semaphore. A Python of the
 * machine is taken when there is one, and CPython compiled to WebAssembly (pyodide) where there is none.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A process of `command` and `args` reads one JSON program a line on stdin, and writes one JSON trace a line on stdout. */
export interface Python {
  readonly version: string;
  readonly command: string;
  readonly args: readonly string[];
}

const interpreter: string = fileURLToPath(new URL("../asyncio/main.py", import.meta.url));
const pyodideHost: string = fileURLToPath(new URL("pyodide-host.ts", import.meta.url));

/** No file is written beside the sources, and neither PYTHON* variables nor a user's packages change what asyncio does. */
const isolated: readonly string[] = ["-B", "-E", "-s"];

/** The version that the recorded traces come from: preferred to newer ones. */
const reference = "3.13.";

/** Other versions that pyenv has installed are not on PATH unless they are the chosen one. */
function pyenvPythons(): readonly string[] {
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  try {
    const installed = readdirSync(versions).filter((name) => /^3\.13\.\d+$/.test(name));
    return installed.toSorted().map((name) => join(versions, name, "bin", "python3"));
  } catch {
    return [];
  }
}

const run = promisify(execFile);

/** A version manager's `python3` may be a script that fails, or one that starts the interpreter: so it is asked. */
async function ask(candidate: string): Promise<Python | undefined> {
  const question = "import platform, sys; print(sys.implementation.name, platform.python_version(), sys.executable)";
  try {
    const { stdout } = await run(candidate, [...isolated, "-c", question], { timeout: 20_000, killSignal: "SIGKILL" });
    const [, version, command] = /^cpython (\S+) (.+)$/m.exec(stdout) ?? [];
    if (version === undefined || command === undefined || !isNewEnough(version)) return undefined;
    return { version, command, args: [...isolated, interpreter] };
  } catch {
    return undefined;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 13);
}

/** CPython 3.13 inside Node, from npm: the same interpreter files, the same lines in and out. */
function pyodide(): Python {
  const lockFile = readFileSync(fileURLToPath(import.meta.resolve("pyodide/pyodide-lock.json")), "utf8");
  const { info } = JSON.parse(lockFile) as { readonly info: { readonly python: string } };
  return { version: `${info.python} (pyodide)`, command: process.execPath, args: [pyodideHost] };
}

export async function findPython(): Promise<Python> {
  let newer: Python | undefined;
  for (const candidate of ["python3.13", "python3", ...pyenvPythons(), "python3.14"]) {
    const python = await ask(candidate);
    if (python?.version.startsWith(reference)) return python;
    newer ??= python;
  }
  return newer ?? pyodide();
}
