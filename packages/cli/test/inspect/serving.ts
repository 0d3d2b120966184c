/** `brigade inspect` as a process, and requests to it as anybody may make them. */
import { type ChildProcess, spawn } from "node:child_process";
import { type IncomingHttpHeaders, request } from "node:http";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** With the token unless it is false. */
  readonly token?: boolean;
}

export class Serving implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly address: string;
  readonly origin: string;
  readonly token: string;
  readonly #ended: Promise<number | null>;

  private constructor(process: ChildProcess, line: string, ended: Promise<number | null>) {
    this.process = process;
    this.address = /http:\S+/.exec(line)?.[0] ?? "";
    const url = new URL(this.address);
    this.origin = url.origin;
    this.token = new URLSearchParams(url.hash.slice(1)).get("token") ?? "";
    this.#ended = ended;
  }

  /** Resolves when it listens. */
  static async start(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Serving> {
    const child = spawn(process.execPath, ["--conditions=@brigade/source", main, "inspect", ...args], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 90_000,
      killSignal: "SIGKILL",
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding("utf8").once("data", resolve);
      void ended.then((code) => reject(new Error(`brigade inspect has ended with ${code}`)));
    });
    return new Serving(child, line, ended);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.#ended;
  }

  ask(path: string, { method = "GET", headers = {}, body, token = true }: Question = {}): Promise<Answer> {
    const authorization = token ? { authorization: `Bearer ${this.token}` } : {};
    return new Promise((resolve, reject) => {
      const asked = request(
        `${this.origin}${path}`,
        { method, headers: { ...authorization, ...headers } },
        (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
          });
          response.on("error", reject);
        },
      );
      asked.on("error", reject);
      asked.end(body);
    });
  }

  call(call: object, path = "/api/call"): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    return this.ask(path, { method: "POST", headers, body: JSON.stringify({ id: 0, ...call }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

/** The lines of an answer to a call. */
export function linesIn({ body }: Answer): { value?: unknown; error?: string; piece?: string }[] {
  const lines = body
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as { value?: unknown; error?: string; piece?: string });
}
