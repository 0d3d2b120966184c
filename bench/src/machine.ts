/** What the bench runs on: the versions of the peers, and the Python there is. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

export interface Python {
  readonly executable: string;
  readonly version: string;
}

/** The interpreter itself: a version manager's `python3` may be a script that starts it. */
export function findPython(): Python | undefined {
  const question = "import platform, sys; print(sys.executable); print(platform.python_version())";
  const { status, stdout } = spawnSync("python3", ["-c", question], { encoding: "utf8" });
  if (status !== 0) return undefined;
  const [executable = "", version = ""] = stdout.trim().split("\n");
  return { executable, version };
}

function pinned(name: string): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> };
  return `${name} ${dependencies[name] ?? "of an unknown version"}`;
}

export function describeMachine(python: Python | undefined): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const peers = [`Node ${process.versions.node}`, pinned("effect"), pinned("effection")];
  if (python !== undefined) peers.push(`CPython ${python.version}`);
  return `${peers.join(", ")}; ${availableParallelism()} × ${processor}`;
}

/** Whether other programs want more than the processors there are. Windows tells no load. */
export function isOverloaded(): boolean {
  const [lastMinute = 0] = loadavg();
  return lastMinute > availableParallelism();
}
