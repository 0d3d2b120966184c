/** Every example in the documentation compiles, runs, and prints what the page says. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Example, examplesOf, pages, root } from "./examples.ts";
import { credentials, stopServers, withServer } from "./servers.ts";

const execute = promisify(execFile);
const node = createRequire(import.meta.url).resolve("node/bin/node");
const compiler = join(root, "node_modules/typescript/bin/tsc");
// Not below node_modules, where Node strips no types.
const folder = mkdtempSync(join(tmpdir(), "brigade-docs-"));
const examples = pages().flatMap(examplesOf);

const env = { ...process.env, ...credentials };

interface Ended {
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function ending(file: string, ...args: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await execute(file, args, { cwd: folder, env, timeout: 60_000, killSignal: "SIGKILL" })) };
  } catch (error) {
    if (!(error instanceof Error) || !("stdout" in error)) throw error;
    const { code, stdout, stderr } = error as Error & Ended;
    return { code, stdout, stderr };
  }
}

function write({ file, code }: Example): void {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  writeFileSync(join(folder, file), code, { flag: "wx" });
}

beforeAll(() => {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const example of examples) write(example);
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { types: ["node"], declaration: false, isolatedDeclarations: false },
    files: examples.map((example) => example.file),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config, null, 2));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stopServers();
});

test("the documentation has examples, and every one is a program with imports", () => {
  expect(examples.length).toBeGreaterThan(40);
  const fragments = examples.filter(({ code, isModule }) => !isModule && !/^import /m.test(code));
  expect(fragments.map((example) => example.place)).toEqual([]);
});

test("every example compiles under the repository's strict flags", async () => {
  const { code, stdout, stderr } = await ending(node, compiler, "-p", folder);
  const readable = examples.reduce((text, { file, place }) => text.replaceAll(file, `${place} +`), stdout);
  expect(readable + stderr).toBe("");
  expect(code).toBe(0);
}, 180_000);

test.each(examples.filter(({ runs }) => runs))(
  "the example at $place runs and prints what the page says",
  async (example) => {
    const { file, output } = example;
    if (example.server !== undefined) writeFileSync(join(folder, file), await withServer(example.server, example.code));
    const { code, stdout, stderr } = await ending(node, "--conditions=@brigade/source", file);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    if (output !== undefined) expect(stdout).toBe(output);
  },
  60_000, // the first one that needs a server waits for its start
);
