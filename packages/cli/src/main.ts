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

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version,
  stdinIsTerminal: isatty(0),
  colors: isatty(1) && process.stdout.hasColors(),
  width: process.stdout.columns ?? 100,
  out: (text) => console.log(text),
  err: (text) => console.error(text),
});
