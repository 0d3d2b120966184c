/** Starts a process, or says why it could not be started. */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { accessSync, constants, closeSync, existsSync, openSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { coroutine } from "../../task/coroutine.ts";
import type { Coroutine, CoroutineBody } from "../../types.ts";
import { SpawnError } from "../errors.ts";
import { Reply } from "../../border/reply.ts";
import type { Order } from "./options.ts";

/**
 * What has no `pid` was not started; `whyNot` says why. Waits for nothing: what several processes share is theirs, or
 * nobody's, when this returns.
 */
export function launch(order: Order, stdio: StdioOptions): ChildProcess {
  try {
    checkRoom(stdio);
    return spawn(order.file, order.args, { ...order.node, stdio });
  } catch (error) {
    throw spawnError(order, error as NodeJS.ErrnoException);
  }
}

/**
 * Throws if there are too few descriptors left. Node does not close the pipes it has made when it finds that out half
 * way.
 */
function checkRoom(stdio: StdioOptions): void {
  const pipes = Array.isArray(stdio) ? stdio.filter((one) => one === "pipe").length : 0;
  const taken: number[] = [];
  try {
    while (taken.length < 2 * pipes + DESCRIPTORS_OF_FORK) taken.push(openSync(devNull, "r"));
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}

const DESCRIPTORS_OF_FORK = 2; // a pipe on which the child tells whether it could execute the command

/** Must be called in the same turn as `launch`: the host throws the error away, or worse, if nobody listens for it. */
export function whyNot(order: Order, process: ChildProcess): Coroutine<Error> {
  const reply = new Reply<NodeJS.ErrnoException>("spawn", order.line);
  process.once("error", (error) => reply.succeed(error));
  for (const stream of process.stdio ?? []) stream?.on("error", () => {}).destroy(); // none where descriptors have run out
  return explaining(order, reply);
}

const explaining = /* @__PURE__ */ coroutine(function* spawn(
  order: Order,
  reply: Reply<NodeJS.ErrnoException>,
): CoroutineBody<Error> {
  return spawnError(order, yield* reply);
});

function spawnError(order: Order, error: NodeJS.ErrnoException): Error {
  const { code } = error;
  if (code === undefined || code.startsWith("ERR_")) return error; // the host refuses what it was given
  return new SpawnError(`"${order.line}" was not started: ${reasonOf(order, code)}`, code, order.line, {
    cause: error,
  });
}

function reasonOf(order: Order, code: string): string {
  const cwd = order.node.cwd as string | undefined;
  if (cwd !== undefined && (code === "ENOENT" || code === "ENOTDIR") && !isDirectory(cwd)) {
    return `its working directory ${cwd} ${existsSync(cwd) ? "is no directory" : "does not exist"} (${code})`;
  }
  if (cwd !== undefined && code === "EACCES" && !mayEnter(cwd)) {
    return `its working directory ${cwd} may not be entered (EACCES): it needs the permission x for the user of this program`;
  }
  return code === "ENOENT" ? notFound(order.file) : (REASONS[code] ?? `the system says ${code}`);
}

function notFound(file: string): string {
  if (!file.includes("/")) return `there is no command "${file}" in the PATH (ENOENT): install it, or give its path`;
  if (existsSync(file))
    return `${file} needs a program that does not exist, the one its first line names after "#!" (ENOENT)`;
  return `there is no file ${file} (ENOENT)`;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "it may not be executed (EACCES): is it a file, and has it the permission x?",
  E2BIG: "its arguments and environment are too long for the system (E2BIG): hand data over by stdin or in a file",
  EAGAIN: "the system gives no more processes (EAGAIN): run fewer at once",
  EMFILE: "this program has too many descriptors open (EMFILE): run fewer at once, or raise the limit (ulimit -n)",
  ENFILE: "the system has too many files open (ENFILE): run fewer at once",
  ENOMEM: "the system has no memory for it (ENOMEM)",
};

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function mayEnter(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
