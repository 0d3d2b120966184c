/** What the usual imports weigh: bundled and minified by esbuild, then gzipped. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Contender, Measured } from "./contender.ts";

const here: string = fileURLToPath(new URL(".", import.meta.url));

/** The same abilities from each peer, imported in the way that lets the bundler drop the most. */
const imports: Readonly<Record<string, string>> = {
  brigade: `export { run, gather, sleep, taskGroup, timeout, Semaphore, Queue } from "brigade";`,
  effect: [
    `export { runPromise, gen, all, sleep, forkChild, timeout } from "effect/Effect";`,
    `export { joinAll } from "effect/Fiber";`,
    `export { make, withPermits } from "effect/Semaphore";`,
    `export { bounded, offer, take } from "effect/Queue";`,
  ].join("\n"),
  effection: `export { run, all, sleep, spawn, race, createQueue } from "effection";`,
};

export class SizeContender implements Contender {
  readonly label: string;
  readonly complaints = "";

  constructor(label: string) {
    this.label = label;
  }

  async start(): Promise<void> {}

  async round(): Promise<Measured> {
    const { outputFiles } = await build({
      stdin: { contents: imports[this.label] ?? "", resolveDir: here, loader: "js" },
      bundle: true,
      minify: true,
      format: "esm",
      external: ["node:*"],
      target: "es2023",
      write: false,
      logLevel: "silent",
    });
    const bundle = outputFiles[0];
    if (bundle === undefined) throw new Error("esbuild gave no bundle.");
    return { figure: gzipSync(bundle.contents, { level: 9 }).length };
  }

  async stop(): Promise<void> {}
}
