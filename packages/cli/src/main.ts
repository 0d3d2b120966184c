#!/usr/bin/env node
/** The command `brigade`. */
import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { runCommandLine } from "./command/brigade.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** Whoever reads may leave early, as `head` does: what is left to say is said to nobody. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

/** Undici and the runtime need it; older ones fail later, with less to say. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `brigade: it needs Node 22.19 or newer, and this is Node ${process.versions.node}: install a newer one`,
  );
  process.exit(2);
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version,
  stdinIsTerminal: isatty(0),
  colors: isatty(1) && process.stdout.hasColors(),
  width: process.stdout.columns ?? 100,
  out: (text) => console.log(text),
  err: (text) => console.error(text),
});
