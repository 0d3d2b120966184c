/** Who takes part in a work: something that can be started, does a round when asked, and stops. */
import { fileURLToPath } from "node:url";
import { PeerProcess } from "./peer-process.ts";
import type { Executables } from "./peers-here.ts";
import type { Assignment } from "./program.ts";
import type { Peer, ProgramWork, Rival } from "./work.ts";

/** What one round gave, in the units of the table. */
export interface Measured {
  readonly figure: number;
  /** Processor time, where the work tells it. */
  readonly cpu?: number;
}

export interface Contender {
  readonly label: string;
  /** Starts and warms up. */
  start(): Promise<void>;
  round(): Promise<Measured>;
  stop(): Promise<void>;
  /** What it said on stderr: a report of a runtime, or a warning of its host. */
  readonly complaints: string;
  /** What else it saw: a line below the table. */
  readonly remark?: string;
}

/** What the contenders of a run have in common. */
export interface Setting {
  readonly executables: Executables;
  /** The server that the works of `server: true` ask, or the file that those of `lines: true` read; empty where there is none. */
  readonly url: string;
}

/** A round shorter than this is mostly noise, so a short program is repeated. */
const ROUND_MS = 200;

const childScript: string = fileURLToPath(new URL("child.ts", import.meta.url));
const asyncioScript: string = fileURLToPath(new URL("peers/asyncio/child.py", import.meta.url));

function commandOf(peer: Peer, assignment: Assignment, executables: Executables): readonly [string, readonly string[]] {
  const python = executables.get(peer);
  if (python === undefined) return [process.execPath, ["--expose-gc", childScript, peer, JSON.stringify(assignment)]];
  return [python, ["-B", asyncioScript, JSON.stringify(assignment)]];
}

/** A peer that does a work's program in processes of its own. */
export class ProgramContender implements Contender {
  readonly label: string;
  readonly #rival: Rival;
  readonly #work: ProgramWork;
  readonly #setting: Setting;
  #process: PeerProcess | undefined;
  complaints = "";

  constructor(rival: Rival, work: ProgramWork, setting: Setting) {
    this.label = rival.label;
    this.#rival = rival;
    this.#work = work;
    this.#setting = setting;
  }

  get #count(): number {
    return this.#rival.count ?? this.#work.count;
  }

  async #open(): Promise<PeerProcess> {
    const { module, name, figure, expected, roundMs = ROUND_MS } = this.#work;
    const assignment: Assignment = {
      module: this.#rival.module ?? module,
      program: this.#rival.program ?? name,
      count: this.#count,
      figure,
      roundMs,
      url: this.#setting.url,
      ...(expected === undefined ? {} : { expected: expected(this.#count) }),
    };
    const opened = new PeerProcess(...commandOf(this.#rival.peer, assignment, this.#setting.executables));
    this.#process = opened;
    await opened.ready();
    return opened;
  }

  async start(): Promise<void> {
    if (this.#work.process === "kept") await this.#open();
  }

  async round(): Promise<Measured> {
    const process = this.#work.process === "kept" ? this.#process : await this.#open();
    if (process === undefined) throw new Error(`${this.label} was asked for a round before it was started.`);
    const { figure, cpu } = await process.round();
    if (this.#work.process === "fresh") await this.stop();
    const { scale, cpuScale } = this.#work;
    const scaled = scale(figure, this.#count);
    if (cpuScale === undefined || cpu === undefined) return { figure: scaled };
    return { figure: scaled, cpu: cpuScale(cpu, this.#count) };
  }

  async stop(): Promise<void> {
    await this.#process?.end();
    this.complaints = this.#process?.complaints ?? this.complaints;
    this.#process = undefined;
  }
}
