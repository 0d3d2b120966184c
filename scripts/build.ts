/** Builds the packages' dist from nothing, so that no file of a deleted source is left in it, and gives each package its licence. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root: string = join(import.meta.dirname, "..");

/** What a package is built from comes before it. */
const packages = [
  { name: "brigade" },
  { name: "data" },
  { name: "workers" },
  { name: "inspector", page: "vite.config.ts" },
  { name: "cli", command: "dist/main.js" },
] as const;

function runs(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

for (const { name, ...rest } of packages) {
  const folder = join(root, "packages", name);
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  runs(join(root, "node_modules/typescript/bin/tsc"), "-p", join(folder, "tsconfig.build.json"));
  if ("page" in rest) {
    const vite = join(root, "node_modules/vite/bin/vite.js");
    runs(vite, "build", "--config", join(folder, rest.page), "--logLevel", "warn");
  }
  if ("command" in rest) chmodSync(join(folder, rest.command), 0o755);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}
