/** Records modules in processes of their own: the lines of a stack are then those of the file. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTrace, type Trace } from "brigade/trace";

const node = createRequire(import.meta.url).resolve("node/bin/node");
const program = fileURLToPath(new URL("programs/record.ts", import.meta.url));

export interface Recorded {
  readonly trace: Trace;
  /** Milliseconds on the clock of its loop. */
  readonly took: number;
  readonly value: unknown;
}

export function record(module: string, time: "virtual" | "real"): Recorded {
  const folder = mkdtempSync(join(tmpdir(), "brigade-advise-"));
  try {
    const file = join(folder, "trace.brigade");
    const args = ["--conditions=@brigade/source", program, module, file, time];
    const said = JSON.parse(execFileSync(node, args, { encoding: "utf8" })) as Omit<Recorded, "trace">;
    return { ...said, trace: readTrace(readFileSync(file)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
