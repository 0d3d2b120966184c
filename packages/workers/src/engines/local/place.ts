/** Where a folder's keeper is found, and what a folder of ours looks like. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { EngineError } from "../../errors.ts";

/** PostgreSQL's major version inside of the PGlite that is installed with this package. A test compares it with the real one. */
export const POSTGRES_MAJOR = "18";

/** The kernel's limit for a socket's path is 104 bytes on macOS, 108 on Linux, with the zero at its end. */
const LONGEST_SOCKET_PATH = 100;

/** No name that a folder of something else would have: without its mark, it is removed and made again. */
const DATA = "brigade.pglite";

export interface Place {
  readonly folder: string;
  readonly data: string;
  /** Says that `data` is whole: written when PGlite has made it. */
  readonly mark: string;
  /** Held by the keeper as long as it lives, by a lock of the kernel. */
  readonly lock: string;
  readonly socket: string;
}

/** Makes the folder if it is missing. Two spellings of a folder give the same place. */
export function placeOf(folder: string): Place {
  const wanted = resolve(folder);
  try {
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const real = realpathSync(wanted);
    return {
      folder: real,
      data: join(real, DATA),
      mark: join(real, "brigade.json"),
      lock: join(real, "keeper.lock"),
      socket: socketOf(real),
    };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(`local: the folder ${wanted} can't be used: ${(error as Error).message}`, { cause: error });
  }
}

function socketOf(folder: string): string {
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 24);
  if (process.platform === "win32") return `\\\\.\\pipe\\brigade-${name}`;
  const inside = join(folder, "keeper.sock");
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  const shared = join(tmpdir(), `brigade-${process.getuid?.() ?? 0}`);
  mkdirSync(shared, { recursive: true, mode: 0o700 });
  assertOurs(shared);
  return join(shared, `${name}.sock`);
}

/** Anybody may make names in the folder for temporary files: what is found there has to be a folder of this user alone. */
function assertOurs(path: string): void {
  const found = lstatSync(path);
  const user = process.getuid?.();
  if (found.isDirectory() && (user === undefined || (found.uid === user && (found.mode & 0o077) === 0))) return;
  throw new EngineError(
    `local: ${path} is not a folder of this user alone (mode 0700): remove it, or choose a folder with a shorter path`,
  );
}

/** Throws where the folder holds something that is not ours, or that this PGlite can't read. */
export function assertReadable(place: Place): void {
  const names = readdirSync(place.folder);
  const version = join(place.data, "PG_VERSION");
  if (existsSync(place.mark)) {
    const major = existsSync(version) ? readFileSync(version, "utf8").trim() : "none";
    if (major === POSTGRES_MAJOR) return;
    throw new EngineError(
      `local: the folder ${place.folder} was made by PostgreSQL ${major}, and the PGlite installed here is PostgreSQL ${POSTGRES_MAJOR}: use the version of @brigade/workers that made it, or another folder`,
    );
  }
  const foreign = names.find((name) => ![DATA, "keeper.lock", "keeper.lock-journal", "keeper.sock"].includes(name));
  if (foreign === undefined) return;
  throw new EngineError(
    `local: the folder ${place.folder} holds something else ("${foreign}"): give local() a folder of its own`,
  );
}

/** PostgreSQL writes its log ahead in files of 16 MB: with less, it can't go on. */
const LEAST_SPACE = 16 * 2 ** 20;

export function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LEAST_SPACE;
  } catch {
    return false; // whatever is wrong with it, it is not known to be that
  }
}
