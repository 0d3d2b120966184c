/** What importing a runtime and running nothing on it adds to an empty process. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Contender, Measured } from "./contender.ts";
import { median } from "./rounds.ts";

/** Starting a process varies more than what is measured here, so a round takes several pairs. */
const PAIRS = 7;

const here: string = fileURLToPath(new URL(".", import.meta.url));

const programs: Readonly<Record<string, string>> = {
  brigade: `import { run } from "brigade"; await run(function* () {});`,
  effect: `import * as Effect from "effect/Effect"; await Effect.runPromise(Effect.void);`,
  effection: `import { run } from "effection"; await run(function* () {});`,
  asyncio: "import asyncio\nasync def main(): pass\nasyncio.run(main())",
};

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

function milliseconds({ file, args }: Command): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(file, args, { cwd: here, encoding: "utf8" });
  const took = performance.now() - start;
  if (status !== 0) throw new Error(`Its process ended with ${status}. ${stderr}`);
  return took;
}

export class StartupContender implements Contender {
  readonly label: string;
  readonly complaints = "";
  readonly #empty: Command;
  readonly #full: Command;

  constructor(label: string, python: string | undefined) {
    this.label = label;
    const program = programs[label] ?? "";
    if (label === "asyncio") {
      this.#empty = { file: python ?? "python3", args: ["-c", "pass"] };
      this.#full = { file: python ?? "python3", args: ["-c", program] };
    } else {
      // The empty process is a module too, so that Node's module loader is in neither figure.
      this.#empty = { file: process.execPath, args: ["--input-type=module", "-e", "0"] };
      this.#full = { file: process.execPath, args: ["--input-type=module", "-e", program] };
    }
  }

  async start(): Promise<void> {
    milliseconds(this.#empty);
    milliseconds(this.#full);
  }

  async round(): Promise<Measured> {
    const extra: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const empty = milliseconds(this.#empty);
      extra.push(milliseconds(this.#full) - empty);
    }
    return { figure: median(extra) };
  }

  async stop(): Promise<void> {}
}
