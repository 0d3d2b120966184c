/** Builds packages/brigade/dist from nothing, so that no file of a deleted source is left in it, and gives the package its licence. */
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root: string = join(import.meta.dirname, "..");
const brigade: string = join(root, "packages/brigade");

rmSync(join(brigade, "dist"), { recursive: true, force: true });
const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", join(brigade, "tsconfig.build.json")];
const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
copyFileSync(join(root, "LICENSE"), join(brigade, "LICENSE"));
process.exitCode = status ?? 1;
