/** Programs of the HTTP tests in a process of their own, which ends by itself or is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Program {
  readonly child: ChildProcess;
  /** The next line that it prints. */
  line(): Promise<string>;
}

/** Starts a program of the folder `programs` on the Node that runs the tests; `prefix` is a command that starts it in its turn. */
export function startProgram(name: string, args: readonly string[], prefix: readonly string[] = []): Program {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const command = [...prefix, process.execPath, "--conditions=@brigade/source", path, ...args];
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const line = (): Promise<string> =>
    new Promise((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
      });
      child.on("close", () => reject(new Error(`${name} ended: ${complaints.slice(-2_000)}`)));
    });
  return { child, line };
}
