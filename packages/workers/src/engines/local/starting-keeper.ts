/** A keeper that this program starts, until it has said whether it serves. It goes on without us. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Lines, type Report } from "./wire.ts";

const KEEPER = new URL(`./keeper-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export class StartingKeeper {
  failure: string | undefined;
  ended = false;
  readonly reported: Promise<void>;
  readonly #child: ChildProcess;
  #told = false;

  constructor(folder: string) {
    const { NODE_OPTIONS: _, NODE_CHANNEL_FD: __, ...env } = process.env;
    this.#child = spawn(process.execPath, [fileURLToPath(KEEPER), folder], {
      detached: true,
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.reported = new Promise((done) => {
      const lines = new Lines((line) => {
        const report = JSON.parse(line) as Report;
        this.#told = true;
        if (report.kind === "failed") this.failure = report.message;
        done();
      });
      this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
      this.#child.once("error", (error) => {
        this.failure = `local: can't start a keeper for ${folder}: ${error.message}`;
        done();
      });
      this.#child.once("close", (code) => {
        this.ended = true;
        if (!this.#told && code) this.failure = `local: a keeper of ${folder} ended as it began, with code ${code}`;
        done();
      });
    });
  }

  release(): void {
    this.#child.stdout?.destroy();
    this.#child.removeAllListeners();
    this.#child.on("error", () => {});
    this.#child.unref();
  }
}
