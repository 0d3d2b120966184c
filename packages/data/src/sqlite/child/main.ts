/**
 * A process that holds one connection to a database and does what it is asked, one request after another. It ends with its
 * input, and when the program that it belongs to is gone. It waits for nothing else, so it reads and writes synchronously.
 */
import { readSync } from "node:fs";
import { ByteReader } from "../wire/bytes.ts";
import { Answers } from "./answers.ts";
import { guardAgainstParent } from "./parent-guard.ts";
import { Session } from "./session.ts";

const INPUT = 0;
const PIECE = 64 * 1024;
const HEAD = 4;

/** Ctrl-C at a terminal goes to every process of the program: that one decides when this one ends. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  try {
    process.on(signal, () => {});
  } catch {
    // a signal that this system does not have
  }
}

const answers: Answers = new Answers();
const session: Session = new Session(answers);
let input: Buffer = Buffer.allocUnsafeSlow(PIECE);
let from = 0;
let until = 0;

/** Room for the message that has begun. What is there is moved only where that makes room. */
function makeRoom(): void {
  if (from === until) {
    from = until = 0;
    if (input.length > PIECE) input = Buffer.allocUnsafeSlow(PIECE);
    return;
  }
  const size = until - from >= HEAD ? HEAD + input.readUInt32LE(from) : HEAD;
  if (from > 0 || size > input.length) {
    const room = size > input.length ? Buffer.allocUnsafeSlow(size) : input;
    input.copy(room, 0, from, until);
    input = room;
    until -= from;
    from = 0;
  }
}

/** False when there will be nothing more. */
function read(): boolean {
  try {
    const count = readSync(INPUT, input, until, input.length - until, null);
    until += count;
    return count > 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EINTR" || code === "EAGAIN") return true;
    return false; // the other end is gone
  }
}

function serve(): void {
  while (until - from >= HEAD) {
    const end = from + HEAD + input.readUInt32LE(from);
    if (end > until) break;
    const request = new ByteReader(input, from + HEAD, end);
    from = end;
    session.serve(request);
  }
  answers.send();
}

let guarded = false;
while (read()) {
  serve();
  makeRoom();
  if (!guarded) guardAgainstParent();
  guarded = true;
}
session.close();
process.exit(0);
