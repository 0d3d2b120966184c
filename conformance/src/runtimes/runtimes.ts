/** The runtimes that Brigade promises to run on, and how each is given a module to run. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemProgram } from "../../../scripts/system-programs.ts";
import { findReport } from "./bundle.ts";
import { runInChromium } from "./chromium.ts";

export interface Runtime {
  readonly name: string;
  /** How its own description of itself begins, so that no runtime is taken for another. */
  readonly host: string;
  /** What a module printed when this runtime ran it. */
  readonly run: (file: string, limit: AbortSignal) => Promise<string>;
}

const modules: string = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Node's options and Deno's cache are ours to set, not the environment's. */
function environment(file: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return { ...rest, DENO_DIR: join(dirname(file), "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
}

const execute = promisify(execFile);

function command(name: string, host: string, executable: string, args: readonly string[] = []): Runtime {
  const path = join(modules, executable);
  const run = async (file: string, limit: AbortSignal): Promise<string> => {
    if (!existsSync(path)) throw new Error(`node_modules/${executable} is missing: run npm ci`);
    const options = { cwd: dirname(file), env: environment(file), killSignal: "SIGKILL", signal: limit } as const;
    const { stdout } = await execute(path, [...args, file], { ...options, maxBuffer: 64 * 2 ** 20 });
    return stdout;
  };
  return { name, host, run };
}

const chromium: Runtime = {
  name: "Chromium",
  host: "chromium ",
  run: async (file, limit) =>
    runInChromium(await systemProgram("chromium"), file, (line) => findReport(line) !== undefined, limit),
};

export const runtimes: readonly Runtime[] = [
  command("Node 22", "node 22.", "node-22/bin/node"),
  command("Node 24", "node 24.", "node-24/bin/node"),
  command("Node 26", "node 26.", "node/bin/node"),
  command("Deno", "deno ", ".bin/deno", ["run", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"]),
  command("Bun", "bun ", ".bin/bun", ["run", "--no-install"]),
  chromium,
];
