/** The bench runs what users install: the built packages. This makes sure that they are there and not older than their sources. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("../..", import.meta.url));

interface Package {
  readonly name: string;
  readonly entry: string;
}

const packages: readonly Package[] = [
  { name: "packages/brigade", entry: "index.js" },
  { name: "packages/data", entry: "sqlite/index.js" },
  { name: "packages/workers", entry: "index.js" },
  { name: "packages/inspector", entry: "page.html" },
  { name: "packages/cli", entry: "main.js" },
];

function newestSource({ name }: Package): number {
  const sources = join(root, name, "src");
  let newest = 0;
  for (const file of readdirSync(sources, { recursive: true, encoding: "utf8" })) {
    newest = Math.max(newest, statSync(join(sources, file)).mtimeMs);
  }
  return newest;
}

function reasonToBuild(): string | undefined {
  for (const built of packages) {
    const entry = join(root, built.name, "dist", built.entry);
    if (!existsSync(entry)) return `${built.name}/dist is missing`;
    if (statSync(entry).mtimeMs < newestSource(built)) return `${built.name}/dist is older than its sources`;
  }
  return undefined;
}

export class BuildFailed extends Error {}

export function ensureBuilt(say: (line: string) => void): void {
  const reason = reasonToBuild();
  if (reason === undefined) return;
  say(`${reason}: building it (npm run build)`);
  const { status, stdout, stderr } = spawnSync("npm", ["run", "build"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new BuildFailed(`npm run build failed, so there is nothing to measure.\n${stdout}${stderr}`);
}
