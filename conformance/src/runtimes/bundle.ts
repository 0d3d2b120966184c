/** One file that every runtime can run: the replay, the built package and the recorded traces. It prints a report as one line of JSON. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Report } from "./report.ts";

const here: string = fileURLToPath(new URL(".", import.meta.url));
const traces: string = fileURLToPath(new URL("../../traces", import.meta.url));

/** What the line begins with: whatever else a program makes the runtime print is not the report. */
const mark = "conformance-report ";

function traceFiles(): readonly string[] {
  return readdirSync(traces).filter((name) => name.endsWith(".json"));
}

function entry(): string {
  const files = traceFiles();
  return [
    `import { replayHere } from "./report.ts";`,
    ...files.map((file, index) => `import traces${index} from ${JSON.stringify(join(traces, file))};`),
    `const recorded = [${files.map((_file, index) => `...traces${index}`).join(", ")}];`,
    `console.log(${JSON.stringify(mark)} + JSON.stringify(await replayHere(recorded)));`,
  ].join("\n");
}

/** Neutral: an import of `node:*` is an error. */
export async function bundle(outfile: string): Promise<void> {
  await build({
    stdin: { contents: entry(), resolveDir: here, sourcefile: "entry.js", loader: "js" },
    outfile,
    bundle: true,
    platform: "neutral",
    format: "esm",
    target: "es2024",
    logLevel: "error",
  });
}

/** The report among the lines that a runtime printed. */
export function findReport(output: string): Report | undefined {
  const line = output.split("\n").find((text) => text.startsWith(mark));
  return line === undefined ? undefined : (JSON.parse(line.slice(mark.length)) as Report);
}
