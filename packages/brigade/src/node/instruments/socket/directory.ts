/**
 * Where the sockets of programs that can be watched are: a directory that belongs to the user, and that nobody else can look
 * into. What guards a program is the directory: one that is not so is not used.
 */
import { lstatSync, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { isRunning } from "../files/trace-path.ts";

/** The socket of one thread of a program that can be watched. */
export interface ProgramSocket {
  readonly pid: number;
  /** 0: the main thread. */
  readonly thread: number;
  readonly path: string;
}

const NAME = /^(\d+)(?:\.(\d+))?\.sock$/;
const LONGEST_PATH = process.platform === "linux" ? 107 : 103; // bytes that the address of a socket has room for
const WINDOWS = process.platform === "win32";
const PIPES = "\\\\.\\pipe\\";

/** The directories where the user's programs put their sockets, the usual one first. */
function directories(): string[] {
  if (WINDOWS) return [PIPES];
  const own = process.env["XDG_RUNTIME_DIR"];
  const shared = join(tmpdir(), `brigade-${process.getuid?.() ?? userInfo().uid}`);
  return own !== undefined && isAbsolute(own) ? [join(own, "brigade"), shared] : [shared];
}

/** The address of the socket of this process and thread; the directory is there then. Throws where none can be had. */
export function socketPath(pid: number, thread: number): string {
  const file = thread === 0 ? `${pid}.sock` : `${pid}.${thread}.sock`;
  if (WINDOWS) return `${PIPES}brigade-${userInfo().username}-${file}`;
  const errors: unknown[] = [];
  for (const directory of directories()) {
    try {
      const path = join(directory, file);
      checkLength(path);
      makePrivate(directory);
      return path;
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors.length === 1 ? errors[0] : new Error(errors.map(messageOf).join("; "));
}

function checkLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= LONGEST_PATH) return;
  const remedy = "set XDG_RUNTIME_DIR or TMPDIR to a shorter directory";
  throw new Error(`${path} is ${length} bytes, and a socket's address has room for ${LONGEST_PATH}: ${remedy}`);
}

function makePrivate(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  checkPrivate(directory);
}

/** Throws unless the directory is the user's own, and nobody else's to enter. */
function checkPrivate(directory: string): void {
  const stats = lstatSync(directory);
  const remedy = "remove it, or set XDG_RUNTIME_DIR to a directory of your own";
  if (!stats.isDirectory()) {
    throw new Error(`${directory} is ${stats.isSymbolicLink() ? "a symbolic link" : "no directory"}: ${remedy}`);
  }
  const user = process.getuid?.();
  if (stats.uid !== user) throw new Error(`${directory} belongs to user ${stats.uid}, not to ${user}: ${remedy}`);
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    throw new Error(`others may enter ${directory} (its mode is ${mode}): run "chmod 700 ${directory}", or ${remedy}`);
  }
}

/**
 * The user's programs that can be watched now, by the number of their process. Sockets that a dead process left are removed.
 * Throws where the directory is not the user's alone: somebody else may have put there what pretends to be a program.
 *
 * @example
 * ```ts
 * import { openPrograms } from "brigade/instruments";
 *
 * for (const { pid, path } of openPrograms()) console.log(pid, path);
 * ```
 */
export function openPrograms(): ProgramSocket[] {
  const found: ProgramSocket[] = [];
  for (const directory of directories()) {
    const names = namesIn(directory);
    if (!WINDOWS && names.length > 0) checkPrivate(directory);
    for (const name of names) {
      const [, pid, thread = "0"] =
        NAME.exec(WINDOWS ? name.replace(`brigade-${userInfo().username}-`, "") : name) ?? [];
      if (pid === undefined) continue;
      const path = WINDOWS ? PIPES + name : join(directory, name);
      if (isRunning(Number(pid))) found.push({ pid: Number(pid), thread: Number(thread), path });
      else remove(path);
    }
  }
  return found.sort((a, b) => a.pid - b.pid || a.thread - b.thread);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

/** Nothing happens if it is gone. */
export function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // another one has removed it
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
