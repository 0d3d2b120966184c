/** The whole command `brigade timeline` on a long trace: its start and its end are in the figure. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Contender, Measured } from "../contender.ts";
import { Workplace } from "../http/workplace.ts";
import type { TraceWork } from "../work.ts";
import { writeSyntheticTrace } from "./synthetic-trace.ts";
import { COMMAND_TIMEOUT_MS, traceCommand } from "./trace-command.ts";

export class TimelineContender implements Contender {
  readonly label = "brigade";
  complaints = "";
  readonly #work: TraceWork;
  readonly #workplace: Workplace = new Workplace();

  constructor(work: TraceWork) {
    this.#work = work;
  }

  get #trace(): string {
    return this.#workplace.path("trace.brigade");
  }

  async start(): Promise<void> {
    writeSyntheticTrace(this.#trace, this.#work.count);
    await this.round();
  }

  async round(): Promise<Measured> {
    const [file, ...args] = traceCommand("timeline", this.#trace);
    const begun = performance.now();
    const { stdout, stderr } = await promisify(execFile)(file, args, { timeout: COMMAND_TIMEOUT_MS });
    const seconds = (performance.now() - begun) / 1e3;
    this.complaints = stderr;
    // The name that most tasks have.
    if (!stdout.includes("item")) throw new Error(`It wrote no summary of the trace: ${stdout.slice(0, 500)}`);
    return { figure: seconds };
  }

  async stop(): Promise<void> {
    this.#workplace.clear();
  }
}
