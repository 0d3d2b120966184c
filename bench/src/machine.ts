/** What the bench runs on: the processor, Node, and the versions of the peers. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

/** The peers that npm brings, where a version tells much. */
const packages = ["effect", "effection", "undici", "piscina", "tinypool", "execa"] as const;

function pinned(name: string): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> };
  return `${name} ${dependencies[name] ?? "of an unknown version"}`;
}

export function describeMachine(versions: readonly string[]): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const peers = [`Node ${process.versions.node}`, ...packages.map(pinned), ...versions];
  return `${peers.join(", ")}; ${availableParallelism()} × ${processor}`;
}

/** Whether other programs want more than the processors there are. Windows tells no load. */
export function isOverloaded(): boolean {
  const [lastMinute = 0] = loadavg();
  return lastMinute > availableParallelism();
}
