/**
 * Pipes of the system, between processes. What the host makes for "pipe" is a pair of sockets on POSIX, on which a
 * writer whose reader has gone often gets ECONNRESET where a pipe gives SIGPIPE. So a FIFO is made, opened at both
 * ends, and unlinked.
 */
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Coroutine, CoroutineBody } from "../../types.ts";
import { Child } from "./child.ts";
import { launch, whyNot } from "./launch.ts";
import { orderOf } from "./options.ts";

/** The descriptors of one pipe. */
export interface OsPipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * Some pipes; none where they can't be made: on Windows, without the command mkfifo, without a temporary folder. They
 * are the caller's to close, who gets them and goes on in one step.
 */
export const osPipes: (count: number) => Coroutine<OsPipe[]> = /* @__PURE__ */ coroutine(function* osPipes(
  count: number,
): CoroutineBody<OsPipe[]> {
  if (count === 0 || process.platform === "win32") return [];
  const folder = newFolder();
  if (folder === undefined) return [];
  const paths = Array.from({ length: count }, (_, i) => join(folder, String(i)));
  try {
    yield* makeFifos(paths);
    return openAll(paths);
  } catch {
    return [];
  } finally {
    for (const path of paths) rmSync(path, { force: true }); // a recursive removal needs a descriptor
    rmdirSync(folder);
  }
});

function newFolder(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), "brigade-pipes-"));
  } catch {
    return undefined;
  }
}

const makeFifos = /* @__PURE__ */ coroutine(function* makeFifos(paths: readonly string[]): CoroutineBody<void> {
  const order = orderOf("pipeline", "mkfifo", ["-m", "600", ...paths], {});
  const child = launch(order, "ignore");
  if (child.pid === undefined) throw yield* whyNot(order, child);
  const making = new Child(order, child);
  try {
    yield* making.exit();
  } finally {
    yield* shield(making.close());
  }
});

function openAll(paths: readonly string[]): OsPipe[] {
  const pipes: OsPipe[] = [];
  try {
    for (const path of paths) pipes.push(opened(path));
    return pipes;
  } catch (error) {
    closeAll(pipes);
    throw error;
  }
}

/** Opening one end waits for the other, unless it is told not to: fifo(7). */
function opened(path: string): OsPipe {
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writeEnd = openSync(path, constants.O_WRONLY);
    try {
      return { readEnd: openSync(path, constants.O_RDONLY), writeEnd }; // without O_NONBLOCK, which its reader would not expect
    } catch (error) {
      closeSync(writeEnd);
      throw error;
    }
  } finally {
    closeSync(first);
  }
}

export function closeAll(pipes: readonly OsPipe[]): void {
  for (const { readEnd, writeEnd } of pipes) {
    closeSync(readEnd);
    closeSync(writeEnd);
  }
}
