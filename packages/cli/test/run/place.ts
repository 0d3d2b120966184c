/** `brigade run` as a process of its own, from the sources, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const repository = join(import.meta.dirname, "../../../..");
const main = join(repository, "packages/cli/src/main.ts");

export interface Ended {
  readonly exitCode: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the program has written this. */
  readonly says: (text: string) => Promise<void>;
}

interface StartOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Place implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-run-"));

  /** A module; its first lines import what programs need. */
  program(name: string, text: string): string {
    return this.write(name, `${imports}${text}`);
  }

  write(name: string, text: string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return name;
  }

  /** Gives the folder a copy of the package, in its node_modules. */
  install(folder = "."): void {
    const copy = join(this.path, folder, "a-copy"); // linked: Node strips no types in node_modules
    const source = join(repository, "packages/brigade");
    cpSync(join(source, "src"), join(copy, "src"), { recursive: true });
    cpSync(join(source, "package.json"), join(copy, "package.json"));
    mkdirSync(join(this.path, folder, "node_modules"), { recursive: true });
    symlinkSync(copy, join(this.path, folder, "node_modules/brigade"));
  }

  start(args: readonly string[], { stdin = "", env = {} }: StartOptions = {}): Running {
    const [file = "", ...words] = this.command(...args);
    const child = spawn(file, words, {
      cwd: this.path,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    child.stdin.on("error", () => {}); // it may end before it has read everything
    child.stdin.end(stdin);
    const texts = { stdout: "", stderr: "" };
    const waiting = new Set<() => void>();
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
        for (const look of waiting) look();
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.on("close", (code, signal) => resolve({ exitCode: code ?? (signal as NodeJS.Signals), ...texts }));
    });
    const says = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!(texts.stdout + texts.stderr).includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    return { child, ended, says };
  }

  /** `brigade run` with these words. */
  async run(args: readonly string[], options?: StartOptions): Promise<Ended> {
    return this.start(["run", ...args], options).ended;
  }

  /** The words that start the command in a terminal. */
  command(...args: string[]): readonly string[] {
    return [process.execPath, "--conditions=@brigade/source", main, ...args];
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  bytes(name: string): Uint8Array {
    return readFileSync(join(this.path, name));
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const imports = `import { coroutine, createTask, Event, fromPromise, gather, getRunningLoop, sleep } from "brigade";\n`;
