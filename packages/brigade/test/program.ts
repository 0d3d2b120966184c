/** Programs in a Node process of their own: for what only a whole process shows, such as exit codes, signals and what keeps it alive. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from the start of the process to its end. */
  readonly elapsed: number;
}

export interface Program {
  readonly process: ChildProcess;
  /** Settles when the program has printed this; rejects when it ends without it. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Long enough for a busy machine, short enough that a hanging program fails its test by name. */
const LIFETIME = 15_000;

/** Starts a module given as text. It imports "brigade" as a user does. */
export function startProgram(source: string, flags: readonly string[] = []): Program {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ["--conditions=@brigade/source", ...flags, "--input-type=module", "--eval", source],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), timeout: LIFETIME, killSignal: "SIGKILL" },
  );
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    for (const check of waiting) check();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code, signal, stdout, stderr, elapsed: performance.now() - started }),
    );
  });
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!stdout.includes(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`the program ended and never printed ${text}\n${stdout}\n${stderr}`)));
    });
  return { process: child, printed, ended };
}

/** Runs a module given as text to its end. */
export function runProgram(source: string, flags: readonly string[] = []): Promise<Ended> {
  return startProgram(source, flags).ended;
}
