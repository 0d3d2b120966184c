/**
 * The resident memory of one `brigade fetch`: how far it goes from what it was when the process had settled. The URLs come through a
 * pipe, where what is read too early has to be kept in memory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Contender, Measured, Setting } from "../contender.ts";
import type { FetchMemoryWork } from "../work.ts";
import { COMMAND_TIMEOUT_MS, fetchCommand } from "./brigade-fetch.ts";
import { CONCURRENCY } from "./concurrency.ts";
import { type Sample, settledMemory } from "../memory-samples.ts";
import type { Origin } from "./origin-process.ts";
import { urlLines, Workplace } from "./workplace.ts";

const SAMPLE_EVERY_MS = 100;
const KEPT_COMPLAINT = 2_000;

/** Resident memory of a process in megabytes of a million bytes; undefined when it has ended. */
function residentMegabytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : (Number(kilobytes) * 1_024) / 1e6;
  } catch {
    return undefined;
  }
}

export class FetchMemoryContender implements Contender {
  readonly label = "brigade";
  complaints = "";
  remark = "";
  readonly #work: FetchMemoryWork;
  readonly #setting: Setting;
  readonly #origin: Origin;
  readonly #workplace: Workplace = new Workplace();
  #linesRead = 0;

  constructor(work: FetchMemoryWork, setting: Setting, origin: Origin) {
    this.#work = work;
    this.#setting = setting;
    this.#origin = origin;
  }

  async start(): Promise<void> {
    if (residentMegabytes(process.pid) === undefined) throw new Error("This system has no /proc to read memory from.");
  }

  get #repeats(): boolean {
    return this.#work.distinct < this.#work.count;
  }

  async round(): Promise<Measured> {
    const asked = await this.#origin.requests();
    const begun = performance.now();
    const samples = await this.#run(asked);
    const seconds = (performance.now() - begun) / 1e3;
    const requests = (await this.#origin.requests()) - asked;
    const expected = Math.min(this.#work.distinct, this.#work.count);
    if (requests !== expected) throw new Error(`It made ${requests} requests for ${expected} different URLs.`);
    const { settled, least, most } = settledMemory(samples, this.#work.from, this.#work.count);
    const at = `${settled.resident.toFixed(0)} MB at ${settled.progress.toLocaleString("en")} URLs`;
    const later = `${least.toFixed(0)} to ${most.toFixed(0)} MB from there to ${this.#work.count.toLocaleString("en")}`;
    this.remark = `${at}, ${later}; ${Math.round(this.#work.count / seconds).toLocaleString("en")} URLs/s`;
    return { figure: Math.max(most - settled.resident, settled.resident - least) };
  }

  async #run(asked: number): Promise<readonly Sample[]> {
    const [file, ...args] = fetchCommand;
    const atOnce = String(CONCURRENCY);
    const limits = ["--concurrency", atOnce, "--per-host", atOnce, ...(this.#repeats ? ["--dedupe"] : [])];
    const output = ["--output", this.#workplace.path("output"), "--overwrite", "--quiet"];
    const child = spawn(file, [...args, "-", ...limits, ...output], {
      stdio: ["pipe", "ignore", "pipe"],
      timeout: COMMAND_TIMEOUT_MS,
    });
    child.stderr.on("data", (bytes: Buffer) => {
      this.complaints = (this.complaints + bytes.toString()).slice(-KEPT_COMPLAINT);
    });
    const ended = once(child, "close") as Promise<[number | null]>;
    const fed = this.#feed(child);
    const samples = await this.#sample(child, asked);
    await fed;
    const [code] = await ended;
    if (code !== 0) throw new Error(`Its process ended with ${code}. ${this.complaints}`.trim());
    return samples;
  }

  async #feed({ stdin }: ChildProcess): Promise<void> {
    if (stdin === null) throw new Error("Its process has no input.");
    const { distinct } = this.#work;
    const lines = urlLines(this.#setting.url, { count: this.#work.count, distinct }, (read) => {
      this.#linesRead = read;
    });
    // A process that ends early is told of by its exit code.
    await pipeline(Readable.from(lines, { highWaterMark: 1 }), stdin).catch(() => {});
  }

  async #sample(child: ChildProcess, asked: number): Promise<readonly Sample[]> {
    const samples: Sample[] = [];
    while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const resident = residentMegabytes(child.pid);
      const progress = this.#repeats ? this.#linesRead : (await this.#origin.requests()) - asked;
      if (resident !== undefined && resident > 0) samples.push({ progress, resident });
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS));
    }
    return samples;
  }

  async stop(): Promise<void> {
    this.#workplace.clear();
  }
}
