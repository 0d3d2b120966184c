/** The page of `brigade inspect FILE` in headless Chromium: a server and a browser, which end together. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { type Browser, chromium, type Page } from "playwright-core";
import { systemProgram } from "../../../scripts/system-programs.ts";
import { traceCommand } from "./trace-command.ts";

const KEPT_COMPLAINT = 2_000;
const START_TIMEOUT_MS = 30_000;

const URL_OF_PAGE = /http:\/\/127\.0\.0\.1:\d+\S*/;

/** A page draws as often as it can: what is counted is what the page needs, not what a screen shows. */
const flags: readonly string[] = ["--no-sandbox", "--disable-frame-rate-limit", "--disable-gpu-vsync"];

type Server = ChildProcessByStdio<null, Readable, Readable>;

function listening(server: Server): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      reject(new Error(`brigade inspect ${what}: ${said.slice(-KEPT_COMPLAINT)}`));
    };
    const timer = setTimeout(() => fail("named no address"), START_TIMEOUT_MS);
    const hear = (bytes: Buffer): void => {
      said += bytes.toString();
      const url = /^(\S+)\s/.exec(said.slice(URL_OF_PAGE.exec(said)?.index ?? said.length))?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", hear);
    server.on("close", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

export class ServedPage {
  readonly #server: Server;
  readonly #browser: Browser;
  readonly url: string;

  private constructor(server: Server, browser: Browser, url: string) {
    this.#server = server;
    this.#browser = browser;
    this.url = url;
  }

  static async start(trace: string): Promise<ServedPage> {
    const executablePath = await systemProgram("chromium");
    const [file, ...args] = traceCommand("inspect", trace, "--port", "0");
    const server = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    try {
      const url = await listening(server);
      return new ServedPage(server, await chromium.launch({ executablePath, args: [...flags] }), url);
    } catch (error) {
      server.kill();
      throw error;
    }
  }

  /** A page with nothing in it that an earlier one had. */
  async blank(): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1_280, height: 800 } });
    return context.newPage();
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    const ended = once(this.#server, "close");
    this.#server.kill();
    await ended;
  }
}
