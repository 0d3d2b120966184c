/** Installs the packed `brigade` in an empty project, and there compiles a program against its types, strictly, and runs it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root: string = join(import.meta.dirname, "..");
const project: string = mkdtempSync(join(tmpdir(), "brigade-package-"));

const program = `
import { coroutine, gather, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";

const price = coroutine(function* (id: string) {
  yield* sleep("1h");
  return id.length;
});
const total: number = await run(
  function* () {
    const [a, b] = yield* gather([price("a"), price("bb")]);
    return a + b;
  },
  { clock: virtualClock() },
);
if (total !== 3) throw new Error(\`the packed package gave \${total}, not 3\`);
`;

const compilerOptions = {
  target: "ES2022",
  lib: ["ES2022", "ESNext.Disposable", "DOM"],
  module: "NodeNext",
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
};

function inProject(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: project, stdio: ["ignore", "inherit", "inherit"] });
}

try {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", project], { cwd: join(root, "packages/brigade") });
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack left no tarball");
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["main.ts"] }));
  writeFileSync(join(project, "main.ts"), program);
  inProject("npm", "install", "--offline", "--silent", "--no-audit", "--no-fund", tarball);
  inProject(process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", project);
  inProject(process.execPath, "main.js");
  console.log("the packed package installs, compiles and runs");
} catch (error) {
  // The command has said on stderr what went wrong; a stack of this script would add nothing.
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
