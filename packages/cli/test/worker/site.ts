/** `brigade worker` and `brigade jobs` as processes of their own, in a folder that finds the packages. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(import.meta.dirname, "../../../..");
const main = join(repository, "packages/cli/src/main.ts");

export interface Ended {
  readonly exitCode: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #texts = { stdout: "", stderr: "" };
  readonly #looks = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        this.#texts[name] += text;
        for (const look of this.#looks) look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        resolve({ exitCode: code ?? (signal as NodeJS.Signals), ...this.#texts });
        for (const look of this.#looks) look();
      });
    });
  }

  get said(): string {
    return this.#texts.stdout + this.#texts.stderr;
  }

  /** Waits until it has written this. Throws when it ends before. */
  async says(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const there = this.said.includes(text);
        if (!there && this.child.exitCode === null && this.child.signalCode === null) return;
        this.#looks.delete(look);
        if (there) resolve();
        else reject(new Error(`it ended without saying ${JSON.stringify(text)}:\n${this.said}`));
      };
      this.#looks.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

export class Site implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-worker-"));
  readonly #running: Running[] = [];

  constructor() {
    const modules = join(this.path, "node_modules");
    mkdirSync(join(modules, "@brigade"), { recursive: true });
    symlinkSync(join(repository, "packages/brigade"), join(modules, "brigade"));
    symlinkSync(join(repository, "packages/workers"), join(modules, "@brigade/workers"));
    writeFileSync(join(this.path, "package.json"), `{ "type": "module" }\n`);
  }

  write(name: string, text: string): string {
    writeFileSync(join(this.path, name), text);
    return name;
  }

  /** `brigade` with these words. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    return this.run([main, ...args], env);
  }

  /** A program of the folder. */
  program(name: string, ...args: readonly string[]): Running {
    return this.run([join(this.path, name), ...args]);
  }

  private run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, ["--conditions=@brigade/source", ...words], {
      cwd: this.path,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    const running = new Running(child);
    this.#running.push(running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#running) child.kill("SIGKILL");
    await Promise.all(this.#running.map(({ ended }) => ended));
    rmSync(this.path, { recursive: true, force: true });
  }
}
