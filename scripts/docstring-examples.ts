/**
 * Compiles and runs every TypeScript example in the docstrings of the packages. Each block fenced as `ts` is a whole program with its own
 * imports; one fenced as `ts no-run` is compiled only, because it needs what is not here: a server, an endless loop.
 */
import { spawn, spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Example {
  /** `packages/brigade/src/scope/timeout.ts:98`, the line of the fence. */
  readonly place: string;
  readonly source: string;
  readonly runs: boolean;
}

const root: string = join(import.meta.dirname, "..");
const folder: string = join(root, ".docstring-examples"); // inside the repository, so that `brigade` is found from it
const timeLimit = 20_000;

/** The docstrings of a source file as Markdown. Every line stays where it was, so that line numbers stay true. */
function docstrings(source: string): string {
  let inside = false;
  const line = (text: string): string => {
    if (/^\s*\/\*\*/.test(text)) inside = true;
    const kept = inside ? text.replace(/^\s*(?:\/\*\*|\*(?!\/))? ?/, "") : "";
    if (text.includes("*/")) inside = false;
    return kept;
  };
  return source.split("\n").map(line).join("\n");
}

function examplesOf(path: string): Example[] {
  const markdown = docstrings(readFileSync(join(root, path), "utf8"));
  return [...markdown.matchAll(/^```ts(?<info>[^\n]*)\n(?<source>[\s\S]*?)^```/gm)].map((match) => ({
    place: `${path}:${markdown.slice(0, match.index).split("\n").length}`,
    source: match.groups?.["source"] ?? "",
    runs: !match.groups?.["info"]?.includes("no-run"),
  }));
}

const fileOf = ({ place }: Example): string => `${place.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.ts`;

function compiles(examples: readonly Example[]): boolean {
  const config = {
    extends: "../tsconfig.base.json",
    compilerOptions: { types: ["node"], declaration: false, isolatedDeclarations: false },
    files: examples.map(fileOf),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [tsc, "-p", folder], { cwd: root, stdio: "inherit" }).status === 0;
}

function ends(example: Example): Promise<boolean> {
  const program = ["--conditions=@brigade/source", join(folder, fileOf(example))];
  const child = spawn(process.execPath, program, {
    cwd: folder,
    timeout: timeLimit,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      if (code !== 0) console.log(`${example.place} ended with ${signal ?? `code ${code}`}:\n${output}`);
      resolve(code === 0);
    });
  });
}

const paths = globSync("packages/*/src/**/*.ts", { cwd: root }).toSorted();
const examples = paths.flatMap(examplesOf);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const example of examples) writeFileSync(join(folder, fileOf(example)), example.source);

/** Each waits more than it computes. */
const SIDE_BY_SIDE = 3;

async function allEnd(): Promise<boolean> {
  const waiting = examples.filter(({ runs }) => runs).values();
  let failed = 0;
  const lane = async (): Promise<void> => {
    for (const example of waiting) if (!(await ends(example))) failed++;
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  return failed === 0;
}

const green = examples.length === 0 || (compiles(examples) && (await allEnd()));
if (green) rmSync(folder, { recursive: true });
console.log(green ? `${examples.length} examples compile and run` : `what was compiled is in ${folder}`);
process.exitCode = green ? 0 : 1;
