/** One run at a time writes to an output: a file beside it names the process that does. One whose process is gone is taken over. */
import { readFileSync } from "node:fs";
import { link, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, FetchStop, unwritable } from "../stop.ts";

export class OutputLock {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  static async take(output: string): Promise<OutputLock> {
    const path = `${output}.lock`;
    const text = `${process.pid} ${startOf(process.pid)}\n`;
    const own = `${path}.${process.pid}`;
    try {
      await writeFile(own, text);
      // A link appears whole or not at all, and never over another one.
      while (!(await placed(own, path, text))) await removeStale(path, output);
      await removeLeftovers(path);
      return new OutputLock(path, text);
    } catch (error) {
      throw error instanceof FetchStop ? error : unwritable(output, error);
    } finally {
      await unlink(own).catch(() => {});
    }
  }

  async release(): Promise<void> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
    if (text === this.#text) await unlink(this.#path).catch(() => {});
  }
}

async function placed(own: string, path: string, text: string): Promise<boolean> {
  try {
    await link(own, path).catch((error: unknown) => {
      if (codeOf(error) === "EEXIST") throw error;
      return writeFile(path, text, { flag: "wx" }); // not every file system has links
    });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function removeStale(path: string, output: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return; // it has just gone
  const [pid = "", start = ""] = text.trim().split(" ");
  if (isRunning(Number(pid), start)) {
    throw new FetchStop(`another run (process ${pid}) is writing to ${output}: wait for it, or give another file`);
  }
  const stale = `${path}.stale.${process.pid}`;
  try {
    await rename(path, stale);
  } catch {
    return; // somebody else was faster
  }
  // Between reading and renaming somebody else may have taken it over: then it goes back.
  if ((await readFile(stale, "utf8")) !== text) await link(stale, path).catch(() => {});
  await unlink(stale);
}

/** What runs left that were killed while they took the lock. */
async function removeLeftovers(path: string): Promise<void> {
  const beginning = `${basename(path)}.`;
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const pid = name.startsWith(beginning) ? Number(name.slice(beginning.length).replace("stale.", "")) : Number.NaN;
    if (Number.isSafeInteger(pid) && !isRunning(pid, "")) await unlink(join(dirname(path), name)).catch(() => {});
  }
}

function isRunning(pid: number, start: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  // The number of a process that ended may have been given to another one, in containers nearly always.
  const now = startOf(pid);
  return now === "" || start === "" || now === start;
}

/** When a process started, in the words of Linux; empty elsewhere. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
