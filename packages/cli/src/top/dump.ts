/** `brigade dump`: what every task of a running program waits for, once. */
import { once } from "node:events";
import process from "node:process";
import { attach } from "../attach/attach.ts";
import { AttachError } from "../attach/attached.ts";
import { printable } from "../fetch/summary/printable.ts";
import type { DumpOptions } from "./options.ts";

const busyAfter = 1_000; // ms without an answer

/** Gives the exit code: 0, or 1 where the program can't be watched. */
export async function dump({ target }: DumpOptions, err: (text: string) => void): Promise<number> {
  try {
    const program = await attach(target);
    const notice = setTimeout(
      () => err(`brigade dump: ${program.name} is busy: its thread runs something and does not answer yet; waiting`),
      busyAfter,
    );
    try {
      const hello = await program.call("hello", {});
      clearTimeout(notice);
      await write(`${program.name}: ${printable(hello.title)} (${hello.runtime}), ${new Date().toISOString()}\n\n`);
      for (const { text, others } of await program.call("cycles", {})) {
        const stuck = others === 0 ? "" : `; because of it ${others} more can never be woken`;
        await write(`waits-for cycle: ${printable(text)}${stuck}\n\n`);
      }
      const { tasks } = await program.call("dump", {}, write);
      await write(`${tasks} tasks\n`);
    } finally {
      clearTimeout(notice);
      await program[Symbol.asyncDispose]();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    err(`brigade dump: ${error.message}`);
    return 1;
  }
}

/** As fast as it is read. Whoever reads may leave early, as `head` does. */
async function write(text: string): Promise<void> {
  const { stdout } = process;
  if (stdout.destroyed || stdout.write(text)) return;
  await Promise.race([once(stdout, "drain"), once(stdout, "close")]).catch(() => {});
}
