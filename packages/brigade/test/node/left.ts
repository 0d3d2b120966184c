/** What a program holds of the operating system: descriptors, threads, processes, and what keeps Node alive. A test counts it before and after. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { stat } from "node:fs/promises";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** One letter, as in proc(5): R, S, D, Z for a zombie, T … */
  readonly state: string;
  readonly name: string;
}

export interface Held {
  /** What this process has open, by target. Pipes, sockets and the like count together, whatever their number. */
  readonly descriptors: ReadonlyMap<string, number>;
  readonly threads: ReadonlyMap<string, number>;
  /** What Node says keeps it alive. */
  readonly resources: ReadonlyMap<string, number>;
  /** Children of this process, zombies too, and every process that was started below this one since `marked()`. */
  readonly processes: ReadonlyMap<number, Process>;
}

/** Inherited by every process that is started from here on, whatever group and session it goes to. */
const MARK = "BRIGADE_TEST_STARTED_BY";
const mark = `${process.pid}-${Math.trunc(performance.timeOrigin)}`;
process.env[MARK] = mark;

function counted(names: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What is gone between listing and reading is skipped. */
function* readable<T>(folder: string, read: (entry: string) => T): Generator<T> {
  for (const entry of readdirSync(folder)) {
    try {
      yield read(entry);
    } catch (error) {
      if (!["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}

/** What the descriptors of a process lead to. */
export function descriptors(pid: number | "self" = "self"): string[] {
  const folder = `/proc/${pid}/fd`;
  const targets = [...readable(folder, (entry) => readlinkSync(`${folder}/${entry}`))];
  return targets.map((target) => target.replace(/:\[\d+\]$/, "").replace(/ \(deleted\)$/, "")).filter(isOurs);
}

/** Reading the folder takes a descriptor itself. */
function isOurs(target: string): boolean {
  return !/^\/proc\/\d+\/fd$/.test(target);
}

/** The names of the threads of a process. */
export function threads(pid: number | "self" = "self"): string[] {
  const folder = `/proc/${pid}/task`;
  return [...readable(folder, (entry) => readFileSync(`${folder}/${entry}/comm`, "utf8").trim())];
}

function processOf(entry: string): Process {
  const line = readFileSync(`/proc/${entry}/stat`, "utf8");
  // The name may contain spaces and parentheses: what follows the last one are plain fields.
  const [state, parent, group, session] = line.slice(line.lastIndexOf(")") + 2).split(" ") as [
    string,
    string,
    string,
    string,
  ];
  const name = line.slice(line.indexOf("(") + 1, line.lastIndexOf(")"));
  return { pid: Number(entry), parent: Number(parent), group: Number(group), session: Number(session), state, name };
}

/** The process, if there is one, be it a zombie. */
export function processAt(pid: number): Process | undefined {
  try {
    return processOf(String(pid));
  } catch {
    return undefined;
  }
}

/** Whether the process runs: it exists and is no zombie. */
export function isAlive(pid: number): boolean {
  const { state = "Z" } = processAt(pid) ?? {};
  return state !== "Z" && state !== "X";
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return ""; // it has ended, or is a zombie
  }
}

/** Children of the process, zombies too, and those that carry the mark, whoever has adopted them. */
export function processesBelow(parent: number, marker: string = mark): ReadonlyMap<number, Process> {
  const found = new Map<number, Process>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const process = processAt(Number(entry));
    if (process === undefined || process.pid === parent) continue;
    const carries = `\0${environmentOf(process.pid)}`.includes(`\0${MARK}=${marker}\0`);
    if (process.parent === parent || carries) found.set(process.pid, process);
  }
  return found;
}

/** What is held now. */
export function held(): Held {
  return {
    descriptors: counted(descriptors()),
    threads: counted(threads()),
    resources: counted(process.getActiveResourcesInfo()),
    processes: processesBelow(process.pid),
  };
}

let warm: Promise<void> | undefined;

/** Makes Node take what it takes once and keeps: the threads of its own pool, its standard streams, what it starts processes with. */
export function warmedUp(): Promise<void> {
  warm ??= (async () => {
    await Promise.all(Array.from({ length: 16 }, () => stat("/")));
    const streams = [process.stdin, process.stdout, process.stderr];
    if (streams.some((stream) => stream.destroyed)) throw new Error("a standard stream is closed");
    const child = spawn("true", { stdio: ["ignore", "pipe", "pipe"] });
    await new Promise((resolve) => child.on("close", resolve));
    while (process.getActiveResourcesInfo().includes("ProcessWrap")) await new Promise((done) => setTimeout(done, 1));
  })();
  return warm;
}

/** A line for each thing that is held now and was not before. Timers and immediates count only when asked for: a test runner has its own. */
export function leftSince(before: Held, options: { readonly timers?: boolean } = {}): string[] {
  const now = held();
  const lines: string[] = [];
  const compare = (what: string, old: ReadonlyMap<string, number>, counts: ReadonlyMap<string, number>): void => {
    for (const [name, count] of counts) {
      const more = count - (old.get(name) ?? 0);
      if (more > 0) lines.push(`${more} more ${what}: ${name}`);
    }
  };
  compare("descriptor", before.descriptors, now.descriptors);
  compare("thread", before.threads, now.threads);
  compare("resource", before.resources, now.resources);
  for (const [pid, { name, state }] of now.processes) {
    if (!before.processes.has(pid)) lines.push(`a process: ${pid} ${name} (${state})`);
  }
  return options.timers === true ? lines : lines.filter((line) => !/resource: (Timeout|Immediate)$/.test(line));
}

/** How long the operating system may take to close what it was told to close. */
const PATIENCE = 3_000;

/** Looks until nothing is left, and gives what still is after a while. */
export async function eventuallyLeft(
  before: Held,
  options: { readonly timers?: boolean; readonly patience?: number } = {},
): Promise<string[]> {
  const end = performance.now() + (options.patience ?? PATIENCE);
  for (;;) {
    // A look of its own timer must not count it.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const lines = leftSince(before, options);
    if (lines.length === 0 || performance.now() > end) return lines;
  }
}
