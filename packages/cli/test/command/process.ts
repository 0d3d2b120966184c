/** The command as a process of its own, from the sources. */
import { execFile } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const main: string = join(import.meta.dirname, "../../src/main.ts");
const node: readonly string[] = [process.execPath, "--conditions=@brigade/source"];

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function program(
  file: string,
  args: readonly string[],
  { cwd, env = process.env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, [...args], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ exitCode: (error?.code as number | undefined) ?? 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}

export async function brigade(...args: string[]): Promise<Ended> {
  return program(node[0] as string, [...node.slice(1), main, ...args]);
}

/** The same, without root's right to read and write everything. */
export async function unprivilegedBrigade(...args: string[]): Promise<Ended> {
  if (process.getuid?.() !== 0) return brigade(...args);
  const without = ["--bounding-set=-dac_override,-dac_read_search", ...node, main, ...args];
  return program("setpriv", without);
}

/** Programs that `npm test` installs where it can, and that a test does without elsewhere. */
export function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A folder in which `brigade` is a command: what shells need to complete it. */
export class CommandFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-command-"));
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    const bin = join(this.path, "bin");
    mkdirSync(bin);
    const words = [...node, main].map((word) => `'${word}'`).join(" ");
    writeFileSync(join(bin, "brigade"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
    this.env = { ...process.env, PATH: [bin, process.env["PATH"]].join(delimiter), TERM: "dumb" };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
