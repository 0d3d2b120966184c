/**
 * A temporary folder with everything that runs in it. It goes when it is told to, and when this process ends, in whatever way that is: a
 * shell outlives the process by as long as that takes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Its standard input ends when this process does. A process belongs to the folder when it works in it. The seventh line of postmaster.pid names
 * the shared memory of a PostgreSQL that was killed.
 */
const guard = `
cat > /dev/null
round=0
while pids=$(find /proc/[0-9]*/cwd -prune -lname "$1*" 2> /dev/null | cut -d / -f 3) && [ -n "$pids" ] && [ $round -lt 200 ]; do
  kill -9 $pids 2> /dev/null
  round=$((round + 1))
  sleep 0.02
done
memory=$(sed -n '7s/.* //p' "$1/data/postmaster.pid" 2> /dev/null)
[ -z "$memory" ] || ipcrm -m "$memory" 2> /dev/null
rm -rf "$1"
`;

function workingFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

export class GuardedFolder {
  readonly path: string;
  readonly #guard: ChildProcess;

  constructor(name: string) {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), `brigade-${name}-`)));
    // In a session of its own: what a terminal or a test runner sends to the whole group does not end it.
    this.#guard = spawn("/bin/sh", ["-c", guard, "guard", this.path], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#guard.unref();
    (this.#guard.stdin as Socket).unref();
  }

  /** The ids of the processes that work in it. */
  processes(): readonly number[] {
    const isHere = (pid: string): boolean => workingFolder(pid)?.startsWith(this.path) === true;
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry) && isHere(entry))
      .map(Number);
  }

  /** Kills what runs in it, and removes it. */
  async remove(): Promise<void> {
    if (this.#guard.exitCode !== null || this.#guard.signalCode !== null) return;
    const ended = once(this.#guard, "exit");
    this.#guard.ref();
    this.#guard.stdin?.end();
    await ended;
  }
}
