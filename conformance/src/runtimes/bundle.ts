/**
 * The files that runtimes run: the replay with the built package and the recorded traces, one for all; the HTTP client's program; that of
 * brigade/trace; that of brigade/node, and the module that its workers load; that of databases and jobs, and the module of their tasks.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { DataServers } from "./data/servers.ts";
import type { TestServer } from "./http/server.ts";

const here: string = fileURLToPath(new URL(".", import.meta.url));
const traces: string = fileURLToPath(new URL("../../traces", import.meta.url));

function traceFiles(): readonly string[] {
  return readdirSync(traces).filter((name) => name.endsWith(".json"));
}

function entry(): string {
  const files = traceFiles();
  return [
    `import { replayHere } from "./report.ts";`,
    `import { reportLine } from "./report-line.ts";`,
    ...files.map((file, index) => `import traces${index} from ${JSON.stringify(join(traces, file))};`),
    `const recorded = [${files.map((_file, index) => `...traces${index}`).join(", ")}];`,
    `console.log(reportLine(await replayHere(recorded)));`,
  ].join("\n");
}

/** Neutral: an import of `node:*` is an error. */
export async function bundleReplay(outfile: string): Promise<void> {
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

/**
 * Outside of browsers the runtime itself finds `brigade` in the node_modules beside the file, and what the conditions of
 * its package.json lead to: that is part of what is tried. In a browser the bundler does, told that it is for one.
 */
export async function bundleHttp(outfile: string, browser: boolean, server: TestServer): Promise<void> {
  await build({
    entryPoints: [join(here, "http/program.ts")],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    logLevel: "error",
    define: { SERVER: JSON.stringify(server.url), NOBODY: JSON.stringify(server.deadUrl) },
    ...(browser ? { platform: "browser" } : { platform: "neutral", external: ["brigade", "brigade/http"] }),
  });
}

/** As that of the HTTP client. */
export async function bundleTrace(outfile: string, browser: boolean): Promise<void> {
  await build({
    entryPoints: [join(here, "trace/program.ts")],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    logLevel: "error",
    ...(browser
      ? { platform: "browser" }
      : { platform: "neutral", external: ["brigade", "brigade/testing", "brigade/trace"] }),
  });
}

/** As an installed program: `program.mjs`, and beside it `jobs.mjs` for its workers. */
export async function bundleNode(folder: string): Promise<string> {
  await build({
    entryPoints: [join(here, "node/program.ts"), join(here, "node/jobs.ts")],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    target: "es2024",
    logLevel: "error",
    platform: "neutral",
    external: ["brigade", "brigade/node", "node:*"],
  });
  return join(folder, "program.mjs");
}

/** As that of brigade/node: `program.mjs`, and beside it `tasks.mjs` for workers. */
export async function bundleData(folder: string, { postgres, redis, s3 }: DataServers): Promise<string> {
  const names = ["brigade", "brigade/*", "@brigade/data/*", "@brigade/workers"];
  await build({
    entryPoints: [join(here, "data/program.ts"), join(here, "data/tasks.ts")],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    target: "es2024",
    logLevel: "error",
    platform: "neutral",
    define: {
      POSTGRES: JSON.stringify(postgres.url),
      REDIS: JSON.stringify(redis.url),
      S3: JSON.stringify(s3.url),
      JOBS: JSON.stringify(join(folder, "jobs")),
    },
    external: [...names, "node:*"],
  });
  return join(folder, "program.mjs");
}
