/** The runtimes that Brigade promises to run on, and how each is given a module to run. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemProgram } from "../../../scripts/system-programs.ts";
import { runInChromium } from "./chromium.ts";
import { findReport } from "./report-line.ts";

export interface Program {
  /** A module. What it imports by name is found in the node_modules beside it. */
  readonly file: string;
  /** The server that it asks. */
  readonly server?: string;
  /** Whether it reads and writes files, listens, and starts processes. With neither this nor a server, it needs nothing of its host. */
  readonly reachesOut?: boolean;
}

export interface Runtime {
  readonly name: string;
  /** How its own description of itself begins, so that no runtime is taken for another. */
  readonly host: string;
  /** What the program printed when this runtime ran it. */
  readonly run: (program: Program, limit: AbortSignal) => Promise<string>;
}

const modules: string = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Node's options and Deno's cache are ours to set, not the environment's. */
function environment(file: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return { ...rest, DENO_DIR: join(dirname(file), "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
}

const execute = promisify(execFile);

/** What a command is called with before the file. */
type Arguments = (program: Program) => readonly string[];

function command(name: string, host: string, executable: string, args: Arguments = () => []): Runtime {
  const path = join(modules, executable);
  const run = async (program: Program, limit: AbortSignal): Promise<string> => {
    const { file } = program;
    if (!existsSync(path)) throw new Error(`node_modules/${executable} is missing: run npm ci`);
    const options = { cwd: dirname(file), env: environment(file), killSignal: "SIGKILL", signal: limit } as const;
    const { stdout } = await execute(path, [...args(program), file], { ...options, maxBuffer: 64 * 2 ** 20 });
    return stdout;
  };
  return { name, host, run };
}

const chromium: Runtime = {
  name: "Chromium",
  host: "chromium ",
  run: async ({ file, server }, limit) => {
    const page = server === undefined ? undefined : `${server}/page`;
    return runInChromium(await systemProgram("chromium"), file, page, (line) => findReport(line) !== undefined, limit);
  },
};

// Undici asks the environment whether it may use WebAssembly; only a package.json lets Deno look into node_modules.
const denoArguments: Arguments = (program) => {
  return ["run", "--no-prompt", "--no-lock", "--no-remote", ...granted(program)];
};

function granted({ server, reachesOut = false }: Program): readonly string[] {
  if (reachesOut) return ["--allow-all"];
  if (server !== undefined) return [`--allow-net=${new URL(server).hostname}`, "--allow-env"];
  return ["--no-config", "--no-npm"];
}

/** Those that have node:*. */
export const serverRuntimes: readonly Runtime[] = [
  command("Node 22", "node 22.", "node-22/bin/node"),
  command("Node 24", "node 24.", "node-24/bin/node"),
  command("Node 26", "node 26.", "node/bin/node"),
  command("Deno", "deno ", ".bin/deno", denoArguments),
  command("Bun", "bun ", ".bin/bun", () => ["run", "--no-install"]),
];

export const runtimes: readonly Runtime[] = [...serverRuntimes, chromium];
