/** Starts one of the programs beside this file in a process of its own, on the sources. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Program {
  /** Resolves when the program has printed the line; rejects when it ends without. */
  printed(line: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** The Node of the repository, which runs TypeScript, whichever Node runs the tests. */
const node = createRequire(import.meta.url).resolve("node/bin/node");

export function startProgram(name: string): Program {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(node, ["--conditions=@brigade/source", file], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const printed = (line: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.split("\n").includes(line)) resolve();
      };
      child.stdout.on("data", look);
      look();
      void ended.then((end) => reject(new Error(`${name} ended without printing "${line}": ${JSON.stringify(end)}`)));
    });
  return {
    printed,
    signal: (signalName) => {
      child.kill(signalName);
    },
    ended,
  };
}
