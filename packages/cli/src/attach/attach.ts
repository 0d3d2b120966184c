/** Finds the program that the user means, and the way to it. A process is sent a signal only if it listens for that one. */
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import { openPrograms, type ProgramSocket } from "brigade/instruments";
import { AttachError, type Attached } from "./attached.ts";
import { LocalProgram } from "./local-program.ts";
import { RemoteProgram } from "./remote-program.ts";

/** A process, and one of its threads: 0 is the main one. */
export interface ProcessTarget {
  readonly pid: number;
  readonly thread: number;
}

export type Target = ProcessTarget | URL;

const runtimes = new Set(["node", "bun", "deno"]);
const patience = 2_000; // ms until a program that was asked to open its socket has to have it
const lookEvery = 50;
const SIGUSR2 = 12n; // Linux: signal masks are read there alone

/** Throws AttachError where the program can't be watched. */
export async function attach(target: Target): Promise<Attached> {
  if (target instanceof URL) return new RemoteProgram(target);
  const name = target.thread === 0 ? `process ${target.pid}` : `thread ${target.thread} of process ${target.pid}`;
  const open = await connected(target, name);
  if (open) return open;
  askToOpen(target, name);
  for (const until = performance.now() + patience; performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
    const opened = await connected(target, name);
    if (opened) return opened;
    if (!isThere(target.pid)) throw new AttachError(`${name} has ended`);
  }
  throw new AttachError(
    `${name} was asked by SIGUSR2 to let itself be watched, and has not for ${patience / 1_000} s: its thread is busy, it runs no Brigade now, or it uses that signal for something else; start it with BRIGADE_INSPECT=1`,
  );
}

async function connected(target: ProcessTarget, name: string): Promise<LocalProgram | undefined> {
  const socket = programs().find(({ pid, thread }) => pid === target.pid && thread === target.thread);
  if (socket === undefined) return undefined;
  try {
    return await LocalProgram.at(socket.path, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ENOENT") return undefined; // left by another process that had this number
    throw new AttachError(`${name} can't be reached: ${(error as Error).message}`);
  }
}

/** The user's programs that can be watched now. */
export function programs(): readonly ProgramSocket[] {
  try {
    return openPrograms();
  } catch (error) {
    throw new AttachError(error instanceof Error ? error.message : String(error));
  }
}

/** Sends SIGUSR2 where that does no harm. Throws AttachError where it would, or where there is nobody to send it to. */
function askToOpen({ pid, thread }: ProcessTarget, name: string): void {
  if (!isThere(pid)) throw new AttachError(`there is no process ${pid}`);
  const owner = ownerOf(pid);
  const user = process.getuid?.();
  if (owner !== undefined && owner !== user) {
    throw new AttachError(
      `process ${pid} belongs to user ${owner}, and only that user can watch it; you are user ${user}`,
    );
  }
  const remedy = "start it with BRIGADE_INSPECT=1 in its environment";
  if (thread !== 0) throw new AttachError(`${name} can't be watched: ${remedy}`);
  if (!listens(pid))
    throw new AttachError(`process ${pid} can't be watched, and does not listen for SIGUSR2: ${remedy}`);
  process.kill(pid, "SIGUSR2");
}

/** Whether there is such a process, whosever it is. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined; // no Linux: what can't be signalled says so by itself
  }
}

/** Whether it is a JavaScript runtime with a listener for SIGUSR2: to others the signal may mean anything, or the end. */
function listens(pid: number): boolean {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    const runtime = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, "");
    return mask !== undefined && runtimes.has(runtime) && ((BigInt(`0x${mask}`) >> (SIGUSR2 - 1n)) & 1n) === 1n;
  } catch {
    return false;
  }
}
