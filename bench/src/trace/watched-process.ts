/** A process that is watched over its local socket, as `brigade top` does it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CallAnswer, CallRequest } from "brigade/trace";

const parked: string = fileURLToPath(new URL("parked.ts", import.meta.url));

/** What a terminal shows. */
const ROWS = 50;
const SNAPSHOTS = 5;

async function snapshots(socket: Socket, tasks: number): Promise<number> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  let quickest = Infinity;
  for (let id = 1; id <= SNAPSHOTS; id++) {
    const request: CallRequest<"tasks"> = { id, call: "tasks", limit: ROWS, group: false };
    const begun = performance.now();
    socket.write(`${JSON.stringify(request)}\n`);
    const line = await lines.next();
    const ms = performance.now() - begun;
    if (line.done === true) throw new Error("The program closed its socket.");
    const answer = JSON.parse(line.value) as CallAnswer<"tasks">;
    if (!("value" in answer)) throw new Error(`The program answered ${line.value.slice(0, 500)}`);
    const { rows, tasks: seen } = answer.value;
    if (rows.length !== Math.min(ROWS, tasks + 1) || seen !== tasks + 1)
      throw new Error(`It gave ${rows.length} rows of ${seen} tasks.`);
    quickest = Math.min(quickest, ms);
  }
  return quickest;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Milliseconds from asking for a page of the task tree of a process with so many tasks until it is there: the quickest of a few. */
export async function snapshotMs(tasks: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "brigade-bench-"));
  const env = { ...process.env, BRIGADE_INSPECT: "1", XDG_RUNTIME_DIR: folder };
  const child = spawn(process.execPath, [parked, String(tasks)], { env, stdio: ["pipe", "pipe", "inherit"] });
  try {
    const said = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    if (!String(said[0]).startsWith("parked")) throw new Error(`The watched process ended with ${said[0]}.`);
    const socket = createConnection(join(folder, "brigade", `${child.pid}.sock`));
    await once(socket, "connect");
    try {
      return await snapshots(socket, tasks);
    } finally {
      socket.destroy();
    }
  } finally {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  }
}
