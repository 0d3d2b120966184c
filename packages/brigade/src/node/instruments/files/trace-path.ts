/** Which file a process and a thread write to, where the environment that names it is handed on to children and threads. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { isMainThread, threadId } from "node:worker_threads";
import { MAGIC } from "../../../trace/format/schema.ts";

/** In a name: the number of the process. */
const PID = /%p/g;

const own = new Set<string>(); // files that this thread has written already

/**
 * The file for this process and thread: `%p` is the process's number. Where another process has the file, because it runs, or has
 * written it since this one began, this one's has its own number behind the name, and a thread's has the thread's.
 */
export function tracePath(pattern: string): string {
  let path = pattern.replace(PID, String(process.pid));
  if (!isMainThread) path += `${path === pattern ? `.${process.pid}` : ""}.${threadId}`;
  else if (path === pattern && !own.has(path) && !claims(path)) path += `.${process.pid}`;
  own.add(path);
  return path;
}

/** Whether this process may write the file: one that is not there is made, which only one of several processes can do. */
function claims(path: string): boolean {
  try {
    closeSync(openSync(path, "wx", 0o600));
    return true;
  } catch {
    return !isTaken(path); // it is there; or it can't be made, which whoever opens it will say
  }
}

const JUST_MADE = 10_000; // ms in which whoever has made a file writes to it

function isTaken(path: string): boolean {
  try {
    const status = statSync(path);
    const { mtimeMs, size } = status;
    if (!status.isFile()) return false;
    if (size === 0) return mtimeMs > Date.now() - JUST_MADE;
    if (mtimeMs > Date.now() - process.uptime() * 1_000) return true;
    const writer = writerOf(path);
    return writer !== undefined && writer !== process.pid && isRunning(writer);
  } catch {
    return false; // it is not there; or it can't be read, which whoever opens it will say
  }
}

/** The process that the trace says it is of. */
function writerOf(path: string): number | undefined {
  const start = new Uint8Array(4_096);
  const descriptor = openSync(path, "r");
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (!MAGIC.every((byte, i) => start[i] === byte)) return undefined;
  const pid = /"pid":(\d+)/.exec(new TextDecoder().decode(start))?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether there is such a process, whosever it is. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
