/** Bodies as files, named by their digest: the same content once, and never half of one under its name. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CoroutineBody, fromPromise, sleep } from "brigade";
import { codeOf, FetchStop, unwritable } from "../stop.ts";

/** Files that are being written lie here; what is left of them by runs that were killed is removed at the start. */
const unfinished = ".unfinished";
const mostTries = 100;
const pause = 50; // milliseconds until a descriptor may be free

export class Bodies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder, if it is not there. */
  async open(): Promise<void> {
    const path = join(this.#folder, unfinished);
    try {
      await mkdir(path, { recursive: true });
      for (const name of await readdir(path)) if (!isAlive(Number(name.split(".")[0]))) await unlink(join(path, name));
    } catch (error) {
      if (codeOf(error) === "EEXIST") {
        throw new FetchStop(`can't write into ${this.#folder}: it is a file, not a folder (EEXIST)`, { cause: error });
      }
      throw unwritable(this.#folder, error);
    }
  }

  /** Writes the body, if no earlier one was the same. Gives the file's name in the folder: `ab/abcd….`. */
  *keep(hex: string, body: Uint8Array): CoroutineBody<string> {
    const name = `${hex.slice(0, 2)}/${hex}`;
    for (let tries = 1; ; tries++) {
      try {
        yield* fromPromise(this.#write(name, body));
        return name;
      } catch (error) {
        // Sockets may have taken all descriptors: some will be given back.
        if (codeOf(error) !== "EMFILE" || tries === mostTries) throw unwritable(join(this.#folder, name), error);
      }
      yield* sleep(pause);
    }
  }

  async #write(name: string, body: Uint8Array): Promise<void> {
    const path = join(this.#folder, name);
    const there = await stat(path).catch(() => undefined);
    if (there?.size === body.length) return;
    const temporary = join(this.#folder, unfinished, `${process.pid}.${randomUUID()}`);
    try {
      await writeFile(temporary, body);
      await rename(temporary, path).catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        await mkdir(join(path, ".."), { recursive: true });
        await rename(temporary, path);
      });
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
  }

  /** Leaves no empty folder of its own behind. */
  async close(): Promise<void> {
    await rmdir(join(this.#folder, unfinished)).catch(() => {}); // another run may use it
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
