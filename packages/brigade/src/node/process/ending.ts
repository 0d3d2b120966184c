/** Ends a process, and waits until nothing is left of it: not itself, not what it started, not its pipes. */
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, Coroutine, CoroutineBody } from "../../types.ts";
import type { ProcessGroup } from "./group.ts";
import type { Order } from "./options.ts";
import { Timed } from "./timed.ts";

/** A process, as far as ending it needs it. */
interface Mortal {
  readonly order: Order;
  readonly process: { unref(): void };
  readonly group: ProcessGroup;
  readonly running: boolean;
  /** When SIGKILL is due; set ⇔ it was asked to end. */
  readonly killTime: number | undefined;
  /** What was read of its pipes. */
  readonly bytesRead: number;
  askToEnd(): void;
  /** Throws where that is not allowed. */
  send(signal: "SIGKILL"): boolean;
  kill(): void;
  /** Waits until it has come so far. False if the time, in milliseconds, has passed before. */
  until(state: "exited" | "closed", within: number): Awaitable<boolean>;
  destroyPipes(): void;
  /** Nothing is left of it, or nothing can be done about it. */
  forget(): void;
}

const LINGER = 100; // ms that what a process left behind has to end by itself, and an open pipe to say something more
const REAPING = 1_000; // ms after SIGKILL, when all that is left to do is the system's
const LONGEST_PAUSE = 20; // ms between two looks at a group

/** May be called at any time, by anybody, again. */
export const endProcess: (child: Mortal) => Coroutine<void> = /* @__PURE__ */ coroutine(function* endProcess(
  child: Mortal,
): CoroutineBody<void> {
  if (child.running) yield* endLeader(child);
  yield* endGroup(child);
  yield* closePipes(child);
  child.forget();
});

const endLeader = /* @__PURE__ */ coroutine(function* endLeader(child: Mortal): CoroutineBody<void> {
  child.askToEnd();
  if (yield* child.until("exited", timeToKill(child))) return;
  try {
    child.send("SIGKILL");
  } catch (error) {
    child.destroyPipes();
    child.process.unref();
    child.forget();
    throw error;
  }
  yield* child.until("exited", Infinity);
});

/** It has exited; what it started may be there. */
const endGroup = /* @__PURE__ */ coroutine(function* endGroup(child: Mortal): CoroutineBody<void> {
  if (child.killTime === undefined) {
    if (yield* isGone(child, LINGER)) return;
    child.askToEnd();
  }
  if (yield* isGone(child, timeToKill(child))) return;
  yield* isGone(child, REAPING, () => child.kill());
});

function timeToKill(child: Mortal): number {
  return (child.killTime as number) - performance.now();
}

/** Whether nobody is left in its group, at the latest when the time has passed. */
const isGone = /* @__PURE__ */ coroutine(function* isGone(
  child: Mortal,
  within: number,
  meanwhile?: () => void,
): CoroutineBody<boolean> {
  const end = performance.now() + within;
  for (let pause = 1; child.group.alive; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const left = end - performance.now();
    if (left <= 0) return false;
    meanwhile?.();
    yield* new Timed("end of a process group", child.order.line, Math.min(pause, left));
  }
  return true;
});

/** What holds a pipe open now has left the group: nobody can end it. What it has written by now is still read. */
const closePipes = /* @__PURE__ */ coroutine(function* closePipes(child: Mortal): CoroutineBody<void> {
  const end = performance.now() + Math.max(LINGER, child.order.grace);
  for (let read = -1; read !== child.bytesRead && performance.now() < end; ) {
    read = child.bytesRead;
    if (yield* child.until("closed", LINGER)) return;
    yield* new Timed("end of output", child.order.line, 0); // what came while the program was busy is read first
  }
  child.destroyPipes();
  yield* child.until("closed", Infinity);
});
