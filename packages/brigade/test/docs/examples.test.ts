/** Every example in the documentation compiles, runs, and prints what the page says. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { type Example, examplesOf, pages, root } from "./examples.ts";

const execute = promisify(execFile);
const node = createRequire(import.meta.url).resolve("node/bin/node");
const compiler = join(root, "node_modules/typescript/bin/tsc");
const folder = join(root, "node_modules/.cache/docs-examples");
const examples = pages().flatMap(examplesOf);

interface Ended {
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function ending(file: string, ...args: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await execute(file, args, { cwd: folder, timeout: 60_000, killSignal: "SIGKILL" })) };
  } catch (error) {
    if (!(error instanceof Error) || !("stdout" in error)) throw error;
    const { code, stdout, stderr } = error as Error & Ended;
    return { code, stdout, stderr };
  }
}

// Node strips no types below node_modules, so each example lies there twice: for the compiler, and stripped for Node.
function write(example: Example): void {
  writeFileSync(join(folder, `${example.name}.mts`), example.code);
  writeFileSync(join(folder, `${example.name}.mjs`), stripTypeScriptTypes(example.code));
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const example of examples) write(example);
  const config = {
    extends: "../../../tsconfig.base.json",
    compilerOptions: { types: ["node"], declaration: false, isolatedDeclarations: false },
    files: examples.map((example) => `${example.name}.mts`),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config, null, 2));
});

test("the documentation has examples, and every one is a program with imports", () => {
  expect(examples.length).toBeGreaterThan(40);
  const fragments = examples.filter((example) => !/^import /m.test(example.code));
  expect(fragments.map((example) => example.place)).toEqual([]);
});

test("every example compiles under the repository's strict flags", async () => {
  const { code, stdout, stderr } = await ending(node, compiler, "-p", folder);
  const readable = examples.reduce((text, { name, place }) => text.replaceAll(`${name}.mts`, `${place} +`), stdout);
  expect(readable + stderr).toBe("");
  expect(code).toBe(0);
}, 180_000);

test.each(examples.filter(({ runs }) => runs))(
  "the example at $place runs and prints what the page says",
  async ({ name, output }) => {
    const { code, stdout, stderr } = await ending(node, "--conditions=@brigade/source", `${name}.mjs`);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    if (output !== undefined) expect(stdout).toBe(output);
  },
  20_000,
);
