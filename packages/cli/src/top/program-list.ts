/** The programs that can be watched, one to a line. */
import { setTimeout as delay } from "node:timers/promises";
import type { ProgramSocket } from "brigade/instruments";
import type { Hello } from "brigade/trace";
import { LocalProgram } from "../attach/local-program.ts";
import { formatDuration } from "../fetch/summary/format.ts";
import { printable } from "../fetch/summary/printable.ts";

const patience = 1_000; // ms for a program to say who it is

export async function listText(found: readonly ProgramSocket[]): Promise<string> {
  const lines = await Promise.all(found.map(describe));
  return [`${"PROCESS".padEnd(12)}${"UP".padEnd(12)}PROGRAM`, ...lines].join("\n");
}

async function describe({ pid, thread, path }: ProgramSocket): Promise<string> {
  const number = thread === 0 ? String(pid) : `${pid}.${thread}`;
  const hello = await greetingFrom(path, `process ${pid}`);
  const up = hello ? formatDuration(Math.max(0, Date.now() - hello.started)) : "";
  return `${number.padEnd(12)}${up.padEnd(12)}${hello ? printable(hello.title) : "(busy: it does not answer now)"}`;
}

async function greetingFrom(path: string, name: string): Promise<Hello | undefined> {
  const answered = new AbortController();
  let program: LocalProgram | undefined;
  try {
    program = await LocalProgram.at(path, name);
    return await Promise.race([program.call("hello", {}), delay(patience, undefined, { signal: answered.signal })]);
  } catch {
    return undefined; // it has ended meanwhile
  } finally {
    answered.abort();
    await program?.[Symbol.asyncDispose]();
  }
}
