/** The directed set with the traces that CPython wrote: a file with one line for each program. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Recorded } from "../program.ts";

const file: string = join(import.meta.dirname, "../../traces/directed.json");

export function readRecorded(): readonly Recorded[] {
  return JSON.parse(readFileSync(file, "utf8")) as readonly Recorded[];
}

export function writeRecorded(recorded: readonly Recorded[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `[\n${recorded.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`);
}
