/** `brigade fetch` as a process of its own, from the sources, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const main = join(import.meta.dirname, "../../src/main.ts");

export interface Ended {
  /** 128 and the signal's number for one that ended it. */
  readonly exitCode: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of the output. */
export interface Line {
  readonly index: number;
  readonly url: string;
  readonly finalUrl?: string;
  readonly status?: number;
  readonly ok: boolean;
  readonly error?: { readonly class: string; readonly message: string; readonly code?: string };
  readonly attempts: number;
  readonly timing: Readonly<Record<"waiting" | "connect" | "response" | "body" | "total", number>>;
  readonly bytes: number;
  readonly contentType?: string;
  readonly digest?: string;
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly file?: string;
  readonly warc?: { readonly offset: number; readonly length: number };
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

interface RunOptions {
  readonly stdin?: string;
  /** A command of the shell that goes before: `ulimit -n 64`. */
  readonly before?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Workplace implements Disposable {
  readonly path: string;

  constructor(path: string = mkdtempSync(join(tmpdir(), "brigade-fetch-"))) {
    this.path = path;
  }

  /** Starts `brigade fetch` with these arguments. */
  start(args: readonly string[], { stdin, before, env = {} }: RunOptions = {}): Running {
    const words = [process.execPath, "--conditions=@brigade/source", main, "fetch", ...args];
    const [file = "", ...rest] = before === undefined ? words : ["sh", "-c", `${before}; exec "$@"`, "sh", ...words];
    const child = spawn(file, rest, {
      cwd: this.path,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    child.stdin.on("error", () => {}); // it may end before it has read everything
    if (stdin !== undefined) child.stdin.end(stdin);
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.on("close", (code, signal) => resolve({ exitCode: code ?? (signal as NodeJS.Signals), ...texts }));
    });
    return { child, ended };
  }

  async fetch(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.start(args, { stdin: "", ...options }).ended;
  }

  write(name: string, text: string | readonly string[]): string {
    writeFileSync(join(this.path, name), typeof text === "string" ? text : `${text.join("\n")}\n`);
    return name;
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  bytes(name: string): Buffer {
    return readFileSync(join(this.path, name));
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  files(): string[] {
    return readdirSync(this.path).toSorted();
  }

  lines(name: string): Line[] {
    return linesOf(this.read(name));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Throws for a line that is not whole. */
export function linesOf(text: string): Line[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error(`half a line at the end: ${text.slice(-100)}`);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
