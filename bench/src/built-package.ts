/** The bench runs what users install: the built package. This makes sure that it is there and not older than its sources. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("../..", import.meta.url));
const sources: string = join(root, "packages", "brigade", "src");
const entry: string = join(root, "packages", "brigade", "dist", "index.js");

function newestSource(): number {
  let newest = 0;
  for (const file of readdirSync(sources, { recursive: true, encoding: "utf8" })) {
    newest = Math.max(newest, statSync(join(sources, file)).mtimeMs);
  }
  return newest;
}

function reasonToBuild(): string | undefined {
  if (!existsSync(entry)) return "packages/brigade/dist is missing";
  if (statSync(entry).mtimeMs < newestSource()) return "packages/brigade/dist is older than its sources";
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
