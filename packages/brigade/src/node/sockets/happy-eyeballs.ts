/**
 * Connecting to a host with several addresses (RFC 8305, Happy Eyeballs v2): one attempt after the other, a little apart,
 * the families in turn; the first that is connected wins, and the others are given up.
 */
import { moveOnAfter } from "../../scope/timeout.ts";
import { taskGroup, type TaskGroup } from "../../scope/task-group.ts";
import { Event } from "../../sync/event.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, Coroutine, CoroutineBody } from "../../types.ts";
import type { HostAddress } from "./dial.ts";

/** The addresses, families in turn, beginning with that of the first (RFC 8305, section 4). */
export function interleaved(addresses: readonly HostAddress[]): HostAddress[] {
  const first = addresses[0]?.family;
  const preferred = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  const result: HostAddress[] = [];
  for (let i = 0; i < Math.max(preferred.length, others.length); i++) {
    for (const address of [preferred[i], others[i]]) if (address) result.push(address);
  }
  return result;
}

export interface Attempts<A, S> {
  /** In the order in which they are tried. */
  readonly addresses: readonly A[];
  /** Connects to one. Cancelled, it gives back what it holds. */
  readonly dial: (address: A) => Awaitable<S>;
  /** Gives up what was connected a moment too late. */
  readonly discard: (socket: S) => void;
  /** ms until the next attempt begins beside those that are in progress; sooner, when the last one fails. */
  readonly delay: number;
  /** Is told of each attempt that failed. */
  readonly failed: (address: A, error: unknown) => void;
}

/** The first connection; undefined when every attempt has failed. */
export const firstConnected: <A, S>(attempts: Attempts<A, S>) => Coroutine<S | undefined> = /* @__PURE__ */ coroutine(
  function* firstConnected<A, S>(attempts: Attempts<A, S>): CoroutineBody<S | undefined> {
    const winner: Winner<S> = { socket: undefined };
    let ended = false;
    try {
      yield* taskGroup(function* (group) {
        for (const address of attempts.addresses) {
          const failure = new Event();
          group.createTask(attempt(attempts, address, winner, failure, group));
          yield* moveOnAfter(attempts.delay, failure.wait());
          if (winner.socket !== undefined) return;
        }
      });
      ended = true;
    } finally {
      // Cancelled in the moment in which it was connected: nobody will take it.
      if (!ended && winner.socket !== undefined) attempts.discard(winner.socket);
    }
    return winner.socket;
  },
);

interface Winner<S> {
  socket: S | undefined;
}

const attempt = /* @__PURE__ */ coroutine(function* attempt<A, S>(
  attempts: Attempts<A, S>,
  address: A,
  winner: Winner<S>,
  next: Event,
  group: TaskGroup,
): CoroutineBody<void> {
  try {
    const socket = yield* attempts.dial(address);
    if (winner.socket === undefined) {
      winner.socket = socket;
      group.cancelChildren();
    } else attempts.discard(socket);
  } catch (error) {
    attempts.failed(address, error);
  }
  next.set();
});
