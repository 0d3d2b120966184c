/** A library that blocks: a synchronous function, called in a thread, so that the loop goes on. */
import { scryptSync } from "node:crypto";
import { gather, run } from "brigade";
import { toThread } from "brigade/node";
import { headings, row, timed } from "./stopwatch.ts";

const passwords = ["correct", "horse", "battery", "staple"];

const hashHere = (password: string): string =>
  scryptSync(password, "salt", 32, { N: 2 ** 15, maxmem: 2 ** 26 }).toString("hex");

/** The same in a thread. It is sent there as text, so what it needs it imports itself. */
const hashThere = (password: string) =>
  toThread(async (text: string) => {
    const crypto = await import("node:crypto");
    return crypto.scryptSync(text, "salt", 32, { N: 2 ** 15, maxmem: 2 ** 26 }).toString("hex");
  }, password);

await run(function* () {
  console.log("4 calls of scryptSync");
  console.log(headings);
  yield* gather(passwords.map(() => toThread(() => 0))); // the threads have started
  const here = yield* timed(function* () {
    return passwords.map(hashHere);
  });
  console.log(row("on the loop", here));
  const there = yield* timed(() => gather(passwords.map(hashThere)));
  console.log(row("toThread", there));
  console.log(`the same hashes: ${String(here.value) === String(there.value)}`);
});
