/**
 * Installs the packed packages in an empty project. There it compiles programs against the types of `brigade` and what stands beside it,
 * strictly, and runs them; `npx brigade fetch` fetches a URL of a server here, and `npx brigade timeline` shows a trace.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

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

/** A module of workers: loaded as it is, and as it was compiled. */
const crunch = `
export function square(value: number): number {
  return value ** 2;
}
`;

const nodeProgram = `
import { coroutine, forEach, run, use } from "brigade";
import { type Connection, connect, exec, listen, processPool, readLines, threadPool } from "brigade/node";

type Crunch = typeof import("./crunch.js");

const shout = coroutine(function* ({ reader, writer }: Connection) {
  const line = yield* reader.readLine();
  yield* writer.end(\`\${line?.toUpperCase()}\\n\`);
});

const said: unknown[] = [];
await run(function* () {
  for (const module of ["./crunch.js", "./crunch.ts"]) {
    for (const open of [threadPool, processPool]) {
      yield* use(open<Crunch>(new URL(module, import.meta.url), { size: 1 }), function* (pool) {
        said.push((yield* pool.call("square", said.length + 2)).toFixed());
      });
    }
  }
  said.push((yield* exec(process.execPath, ["-p", "6 * 7"])).stdout.trim());
  yield* forEach(readLines(new URL("./crunch.ts", import.meta.url)), (line) => {
    if (line === "}") said.push(line);
  });
  yield* use(listen({ host: "127.0.0.1", port: 0 }, shout), function* ({ port }) {
    yield* use(connect({ host: "127.0.0.1", port }), function* ({ reader, writer }) {
      yield* writer.write("hello\\n");
      said.push(yield* reader.readLine());
    });
  });
});
const expected = "4 9 16 25 42 } HELLO";
if (said.join(" ") !== expected) throw new Error(\`the packed package gave \${said.join(" ")}, not \${expected}\`);
`;

const traceProgram = `
import { readFileSync } from "node:fs";
import { run, sleep } from "brigade";
import { fileSink } from "brigade/instruments";
import { readTrace, recorder, timelineOf } from "brigade/trace";

const observer = recorder({ sink: fileSink("out.brigade") });
await run(sleep("5ms"), { observer });
observer.close();
const trace = readTrace(readFileSync("out.brigade"));
const { taskCount } = timelineOf(trace);
if (trace.end !== "complete" || taskCount !== 1) throw new Error(\`the packed package recorded \${taskCount} tasks\`);
`;

/** No driver is installed: SQLite needs none, and the others say which they need. */
const dataProgram = `
import { type AsyncContextManager, run, use } from "brigade";
import { MissingDriverError, postgres } from "@brigade/data/postgres";
import { redis } from "@brigade/data/redis";
import { s3 } from "@brigade/data/s3";
import { sqlite } from "@brigade/data/sqlite";

const said: unknown[] = [];
await run(
  use(sqlite(":memory:"), function* (db) {
    yield* db.exec("create table items (id integer primary key, name text)");
    yield* db.run("insert into items values (?, ?)", [1, "lamp"]);
    said.push((yield* db.get<{ name: string }>("select name from items where id = ?", [1]))?.name);
  }),
);
const drivers: AsyncContextManager<unknown>[] = [postgres("postgres://127.0.0.1:1/x"), redis("redis://127.0.0.1:1"), s3()];
for (const driver of drivers) {
  try {
    await run(use(driver, function* () {}));
  } catch (error) {
    said.push(error instanceof Error && error.name === MissingDriverError.name ? /npm install [a-z@/0-9-]+/.exec(error.message)?.[0] : error);
  }
}
const expected = "lamp, npm install postgres, npm install ioredis, npm install @aws-sdk/client-s3";
if (said.join(", ") !== expected) throw new Error(\`the packed package gave \${said.join(", ")}, not \${expected}\`);
`;

const tasks = `
import { task, type TaskDefinition } from "@brigade/workers";

export const square: TaskDefinition<[value: number], number> = task(function square(value: number) {
  return value ** 2;
});
`;

const workersProgram = `
import { run, use } from "brigade";
import { local, workers } from "@brigade/workers";
import { square } from "./tasks.js";

const engine = local("queue", { tasks: new URL("./tasks.js", import.meta.url) });
const squared = await run(
  use(workers({ engine }), function* ({ run }) {
    return yield* run(square, [7]);
  }),
);
if (squared !== 49) throw new Error(\`the packed package gave \${squared}, not 49\`);
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

/** The name of the tarball, in the project. */
function packed(name: string): string {
  const args = ["pack", "--silent", "--pack-destination", project];
  return execFileSync("npm", args, { cwd: join(root, "packages", name), encoding: "utf8" }).trim();
}

function install(...names: string[]): void {
  inProject("npm", "install", "--offline", "--silent", "--no-audit", "--no-fund", ...names.map(packed));
}

type Versions = Readonly<Record<string, string>>;

interface Lockfile {
  readonly packages: Record<
    string,
    { readonly dependencies?: Versions; readonly optionalDependencies?: Versions; readonly link?: boolean }
  >;
}

/**
 * Locks what a package needs to what the repository has: that is in npm's cache, by its digest, and so no network is needed. npm takes
 * from the lockfile only what the project comes to need.
 */
function lockDependencies(...names: string[]): void {
  const theirs = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lockfile;
  const file = join(project, "package-lock.json");
  const ours = JSON.parse(readFileSync(file, "utf8")) as Lockfile;
  const lock = (path: string): void => {
    const { dependencies, optionalDependencies } = theirs.packages[path] ?? {};
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const nested = `${path}/node_modules/${dependency}`;
      const place = nested in theirs.packages ? nested : `node_modules/${dependency}`;
      const locked = theirs.packages[place];
      // A link leads to one of our own packages: that comes packed.
      if (locked === undefined || locked.link === true || ours.packages[place] !== undefined) continue;
      ours.packages[place] = locked;
      lock(place);
    }
  };
  for (const name of names) lock(`packages/${name}`);
  writeFileSync(file, JSON.stringify(ours));
}

/** Compiles what the project's files include, and runs the first of them. */
function compileAndRun(files: Readonly<Record<string, string>>, options: object): void {
  const include = Object.keys(files);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, include }),
  );
  inProject(process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", project);
  inProject(process.execPath, `${include[0]?.replace(/\.ts$/, ".js")}`);
}

function checkPrograms(): void {
  compileAndRun({ "main.ts": program }, {});
  const nodeTypes = { types: ["node"], typeRoots: [join(root, "node_modules/@types")] };
  compileAndRun({ "node.ts": nodeProgram, "crunch.ts": crunch }, nodeTypes);
  compileAndRun({ "trace.ts": traceProgram }, nodeTypes);
  console.log("the packed package installs, compiles and runs");
}

function checkData(): void {
  // The types of drivers that are not installed are not looked for in the declarations of a package.
  const options = { types: ["node"], typeRoots: [join(root, "node_modules/@types")], skipLibCheck: true };
  compileAndRun({ "data.ts": dataProgram }, options);
  console.log("the packed databases install, compile and run, and name the drivers that are missing");
  compileAndRun({ "jobs.ts": workersProgram, "tasks.ts": tasks }, options);
  console.log("the packed workers install, compile and run a job");
}

function checkPage(): void {
  const script = 'import { pageHtml } from "@brigade/inspector"; if (!pageHtml().includes("<script")) process.exit(1);';
  inProject(process.execPath, "--input-type=module", "--eval", script);
  console.log("the packed page installs and is read");
}

async function npx(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("npx", ["--no-install", ...args], { cwd: project, timeout: 60_000 });
  return stdout;
}

async function checkCommand(): Promise<void> {
  const server = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    await npx("brigade", "fetch", "--url-template", url, "--output", "lines.jsonl", "--quiet");
  } finally {
    server.close();
  }
  const lines = readFileSync(join(project, "lines.jsonl"), "utf8").trimEnd().split("\n");
  const [line] = lines.map((text) => JSON.parse(text) as { url?: string; status?: number; body?: string });
  if (lines.length !== 1 || line?.url !== url || line.status !== 200 || line.body !== "hello")
    throw new Error(`the packed command wrote ${lines.join("\n")}`);
  const timeline = await npx("brigade", "timeline", "out.brigade");
  if (!timeline.includes("sleep")) throw new Error(`the packed command drew ${timeline}`);
  console.log("the packed command installs, fetches, and draws a timeline");
}

try {
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  // Alone first: it may need nothing but itself.
  install("brigade");
  checkPrograms();
  install("brigade", "inspector");
  checkPage();
  lockDependencies("workers", "cli");
  install("brigade", "inspector", "data", "workers", "cli");
  checkData();
  await checkCommand();
} catch (error) {
  // The command has said on stderr what went wrong; a stack of this script would add nothing.
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
