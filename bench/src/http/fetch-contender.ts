/** A whole command that fetches a list of URLs: its start and its end are in the figure, so the list is long. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Contender, Measured, Setting } from "../contender.ts";
import type { FetchWork, Peer, Rival } from "../work.ts";
import { COMMAND_TIMEOUT_MS, fetchCommand } from "./brigade-fetch.ts";
import { endedChildrenMs } from "./child-cpu.ts";
import { CONCURRENCY } from "./concurrency.ts";
import type { Origin } from "./origin-process.ts";
import { Workplace } from "./workplace.ts";

const KEPT_COMPLAINT = 2_000;

/** Far above what is reached: the limit is kept, and costs what it costs. */
const NO_REAL_BOUND = "1000000/s";

const bareUndici: string = fileURLToPath(new URL("../peers/undici/fetch-list.ts", import.meta.url));

type Command = readonly [string, ...string[]];

function commandOf(peer: Peer, urls: string, output: string, { executables }: Setting): Command {
  switch (peer) {
    case "brigade": {
      const atOnce = String(CONCURRENCY);
      const limits = ["--concurrency", atOnce, "--per-host", atOnce, "--rate", NO_REAL_BOUND];
      return [...fetchCommand, urls, ...limits, "--output", output, "--overwrite", "--quiet"];
    }
    case "undici":
      return [process.execPath, bareUndici, urls];
    case "parallel": {
      const curl = ["curl", "--silent", "--show-error", "--fail"];
      return [executables.get(peer) ?? "parallel", "--jobs", String(CONCURRENCY), ...curl, "{}", "::::", urls];
    }
    default:
      throw new Error(`${peer} has no command that fetches a list.`);
  }
}

export class FetchContender implements Contender {
  readonly label: string;
  complaints = "";
  readonly #peer: Peer;
  readonly #count: number;
  readonly #setting: Setting;
  readonly #origin: Origin;
  readonly #workplace: Workplace = new Workplace();
  #urls = "";

  constructor(rival: Rival, work: FetchWork, setting: Setting, origin: Origin) {
    this.label = rival.label;
    this.#peer = rival.peer;
    this.#count = rival.count ?? work.count;
    this.#setting = setting;
    this.#origin = origin;
  }

  async start(): Promise<void> {
    this.#urls = await this.#workplace.writeUrls(this.#setting.url, this.#count);
  }

  async round(): Promise<Measured> {
    const asked = await this.#origin.requests();
    const cpu = endedChildrenMs();
    const begun = performance.now();
    await this.#run();
    const ms = performance.now() - begun;
    const cpuAfter = endedChildrenMs();
    const requests = (await this.#origin.requests()) - asked;
    if (requests !== this.#count) throw new Error(`It made ${requests} requests for ${this.#count} URLs.`);
    if (this.#peer === "brigade") await this.#checkLines();
    const figure = (this.#count / ms) * 1e3;
    if (cpu === undefined || cpuAfter === undefined) return { figure };
    return { figure, cpu: ((cpuAfter - cpu) * 1e3) / this.#count };
  }

  async #checkLines(): Promise<void> {
    const lines = await this.#workplace.countLines("output");
    if (lines !== this.#count) throw new Error(`It wrote ${lines} lines for ${this.#count} URLs.`);
  }

  async #run(): Promise<void> {
    const output = this.#workplace.path("output");
    const [file, ...args] = commandOf(this.#peer, this.#urls, output, this.#setting);
    // What a command says on stdout goes to a file, as a shell's > does it. Brigade has an option for that.
    const stdout = openSync(this.#peer === "brigade" ? this.#workplace.path("stdout") : output, "w");
    const child = spawn(file, args, { stdio: ["ignore", stdout, "pipe"], timeout: COMMAND_TIMEOUT_MS });
    closeSync(stdout);
    child.stderr?.on("data", (bytes: Buffer) => {
      this.complaints = (this.complaints + bytes.toString()).slice(-KEPT_COMPLAINT);
    });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`Its process ended with ${code}. ${this.complaints}`.trim());
  }

  async stop(): Promise<void> {
    this.#workplace.clear();
  }
}
