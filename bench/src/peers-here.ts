/** Which peers there are on this machine beside the npm packages, and in which versions. What is missing is named. */
import { spawnSync } from "node:child_process";
import { MissingProgram, pythonWith, systemProgram } from "../../scripts/system-programs.ts";
import type { Peer, Work } from "./work.ts";

/** What starts a peer that is no npm package. */
export type Executables = ReadonlyMap<Peer, string>;

export interface PeersHere {
  readonly executables: Executables;
  /** Name and version of each. */
  readonly versions: readonly string[];
  /** A line for each peer that is left out. */
  readonly missing: readonly string[];
}

interface Found {
  readonly executable: string;
  readonly version: string;
}

function linesOf(command: string, args: readonly string[]): readonly string[] | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\n") : undefined;
}

/** The interpreter itself: a version manager's `python3` may be a script that starts it. */
async function findPython(): Promise<Found> {
  const question = "import platform, sys; print(sys.executable); print(platform.python_version())";
  const [executable, version = ""] = linesOf("python3", ["-c", question]) ?? [];
  if (executable === undefined) throw new MissingProgram("There is no python3 on this machine.");
  return { executable, version: `CPython ${version}` };
}

async function findPythonModule(module: "aiohttp" | "httpx"): Promise<Found> {
  const executable = await pythonWith(module);
  const question = `import platform, ${module}; print(${module}.__version__, platform.python_version())`;
  const [answer = ""] = linesOf(executable, ["-c", question]) ?? [];
  const [version = "", python = ""] = answer.split(" ");
  return { executable, version: `${module} ${version} on CPython ${python}` };
}

async function findParallel(): Promise<Found> {
  const curl = await systemProgram("curl");
  const executable = await systemProgram("parallel");
  const version = linesOf(executable, ["--version"])?.[0] ?? "GNU parallel";
  return { executable, version: `${version} with ${linesOf(curl, ["--version"])?.[0]?.split(" (")[0] ?? "curl"}` };
}

const finders: Readonly<Partial<Record<Peer, () => Promise<Found>>>> = {
  asyncio: findPython,
  aiohttp: () => findPythonModule("aiohttp"),
  httpx: () => findPythonModule("httpx"),
  parallel: findParallel,
};

/** Whether a peer can take part: an npm package always can. */
export function isHere(peer: Peer, { executables }: PeersHere): boolean {
  return finders[peer] === undefined || executables.has(peer);
}

/** Looks for those that the works compare with. */
export async function findPeers(works: readonly Work[]): Promise<PeersHere> {
  const wanted = new Set(works.flatMap(({ rivals }) => rivals.map(({ peer }) => peer)));
  const executables = new Map<Peer, string>();
  const versions: string[] = [];
  const missing: string[] = [];
  for (const peer of wanted) {
    try {
      const found = await finders[peer]?.();
      if (found === undefined) continue;
      executables.set(peer, found.executable);
      versions.push(found.version);
    } catch (error) {
      if (!(error instanceof MissingProgram)) throw error;
      missing.push(`${peer} is left out: ${error.message}`);
    }
  }
  return { executables, versions, missing };
}
