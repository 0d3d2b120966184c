/** A thread beside a keeper: PostgreSQL in a state that it can't leave, as with a full disk, holds the keeper's own thread for ever. */
import { workerData } from "node:worker_threads";

/** A statement of ours takes milliseconds, the deletion of many jobs seconds. In ms. */
const LONGEST_SILENCE = 30_000;
const LOOK_EVERY = 2_000;

/** Counts the keeper's turns. */
const turns = new Int32Array(workerData as SharedArrayBuffer);
let last = -1;
let silent = 0;

setInterval(() => {
  const now = Atomics.load(turns, 0);
  silent = now === last ? silent + LOOK_EVERY : 0;
  last = now;
  // Its clients start another one: what was committed is there, and the rest is undone.
  if (silent >= LONGEST_SILENCE) process.kill(process.pid, "SIGKILL");
}, LOOK_EVERY);
