/** The real program as a child process: its output, its exit, and the server processes that it started. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../src/main.ts", import.meta.url));
export const exampleOrders: string = fileURLToPath(new URL("../orders.csv", import.meta.url));

export class Program {
  readonly process: ChildProcess;
  output = "";
  readonly #ended: Promise<unknown[]>;

  constructor(...args: readonly string[]) {
    this.process = spawn(process.execPath, ["--conditions=@brigade/source", entry, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.process.emit("output");
      });
    }
    this.#ended = once(this.process, "close");
  }

  async exit(): Promise<number | null> {
    await this.#ended;
    return this.process.exitCode;
  }

  /** Waits until it has printed the text; throws if it ends without. */
  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      await Promise.race([once(this.process, "output"), this.#ended]);
      const ended = this.process.exitCode !== null || this.process.signalCode !== null;
      if (ended && !this.output.includes(text)) throw new Error(`It ended without "${text}":\n${this.output}`);
    }
  }

  /** The processes that it has started and that still run, from Linux's /proc. */
  async children(): Promise<readonly number[]> {
    const { pid } = this.process;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    return children.split(" ").filter(Boolean).map(Number);
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
