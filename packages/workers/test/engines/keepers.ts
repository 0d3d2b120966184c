/** The keepers of folders, as the machine sees them: which processes there are. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { KeptDatabase } from "../../src/engines/local/client.ts";
import { placeOf } from "../../src/engines/local/place.ts";

/** Made once in a test process, for it takes seconds: a folder that has a database already. */
let template: Promise<JobFolder> | undefined;

afterAll(async () => {
  const folder = await template?.catch(() => undefined);
  template = undefined;
  await folder?.[Symbol.asyncDispose]();
});

async function makeTemplate(): Promise<JobFolder> {
  const folder = new JobFolder();
  const database = new KeptDatabase(placeOf(folder.path), () => {});
  await database.executeSql("SELECT 1");
  await database.close();
  await until(() => folder.keepers().length === 0, "the keeper of the template has ended");
  return folder;
}

/** A folder for jobs that is removed at the end of the block, with its keeper. */
export class JobFolder implements AsyncDisposable {
  /** One with an empty database in it. */
  static async made(): Promise<JobFolder> {
    template ??= makeTemplate();
    const folder = new JobFolder();
    cpSync((await template).path, folder.path, { recursive: true });
    return folder;
  }

  readonly parent: string = mkdtempSync(join(tmpdir(), "brigade-local-"));
  readonly path: string = join(this.parent, "jobs");

  /** The processes that keep it: one, or none. */
  keepers(): number[] {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0 && this.#isKeptBy(pid));
  }

  kill(): number {
    const [pid] = this.keepers();
    if (pid === undefined) throw new Error(`nobody keeps ${this.path}`);
    process.kill(pid, "SIGKILL");
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.keepers()) process.kill(pid, "SIGKILL");
    await until(() => this.keepers().length === 0, "the keeper has ended");
    rmSync(this.parent, { recursive: true, force: true });
  }

  #isKeptBy(pid: number): boolean {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return command.some((word) => /keeper-main\.[jt]s$/.test(word)) && command.includes(this.path);
    } catch {
      return false; // it has ended meanwhile
    }
  }
}

/** Looks until it is so; a busy machine gets time. */
export async function until(condition: () => boolean, what: string, patience: number = 15_000): Promise<void> {
  const end = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`it never came to pass that ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

export function exists(path: string): boolean {
  return existsSync(path);
}
