/** A taker that is a coroutine: it waits in the line of a pool, and loses nothing that it was given when it is cancelled. */
import { type Coroutine, type CoroutineBody, coroutine, getRunningLoop, type SettableFuture } from "brigade";
import type { Slot, Taker } from "./slot.ts";

/** Of a pool, what its line is. */
export interface TakersLine<C> {
  take(taker: Taker<C>): void;
  withdraw(taker: Taker<C>): boolean;
  giveBack(slot: Slot<C>): void;
}

/** It waits for a future, which is the loop's own, as time may pass meanwhile in a program in virtual time. */
export const acquired: <C>(line: TakersLine<C>) => Coroutine<Slot<C>> = /* @__PURE__ */ coroutine(function* acquire<C>(
  pool: TakersLine<C>,
): CoroutineBody<Slot<C>> {
  const turn: SettableFuture<void> = getRunningLoop().createFuture();
  let slot: Slot<C> | undefined;
  let handedOver = false;
  const taker: Taker<C> = {
    alone: true,
    granted(granted) {
      slot = granted;
      if (!turn.done) turn.setResult();
    },
    refused(error) {
      if (!turn.done) turn.setException(error);
    },
  };
  pool.take(taker);
  try {
    yield* turn;
    handedOver = true;
    return slot as unknown as Slot<C>;
  } finally {
    if (!handedOver && slot !== undefined) pool.giveBack(slot);
    else if (!handedOver) pool.withdraw(taker);
  }
});
