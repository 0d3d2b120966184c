/** Lays out a folder in which runtimes find the packages as a program finds what it has installed. */
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const modules: string = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

/** Deno looks into node_modules only for what a package.json names. */
export function installInto(folder: string): void {
  symlinkSync(modules, join(folder, "node_modules"));
  const names = [
    "brigade",
    "undici",
    "@brigade/data",
    "@brigade/workers",
    "postgres",
    "ioredis",
    "@aws-sdk/client-s3",
    "bullmq",
  ];
  const dependencies = Object.fromEntries(names.map((name) => [name, "*"]));
  const description = { private: true, type: "module", dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(description));
}
