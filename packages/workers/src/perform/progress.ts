/** Progress on its way out: not too often, and always the last. */
import { type Awaitable, type CoroutineBody, coroutine, type EventLoop, shield, sleep, type Task } from "brigade";
import type { Claim } from "../engine/engine.ts";

const BETWEEN = 100; // ms; people look at it, and every piece is an event for all who watch the queue

export class Progress {
  readonly claim: Claim;
  readonly #loop: EventLoop;
  latest: string | undefined; // not sent yet
  sender: Task<void> | undefined; // undefined: nothing has been sent lately
  #used = false;
  #ended = false;

  constructor(claim: Claim, loop: EventLoop) {
    this.claim = claim;
    this.#loop = loop;
  }

  /** Whether there has been any. */
  get used(): boolean {
    return this.#used;
  }

  /** May be called from anywhere, also from outside of the loop. */
  put(value: string): void {
    if (this.#ended) return;
    this.#used = true;
    this.latest = value;
    this.sender ??= this.#loop.createTask(sending(this));
  }

  /** Sends what is left. Nothing is taken after it. */
  end(): Awaitable<void> {
    this.#ended = true;
    return ending(this);
  }
}

const flushed = /* @__PURE__ */ coroutine(function* flushProgress(progress: Progress): CoroutineBody<void> {
  const value = progress.latest;
  progress.latest = undefined;
  if (value !== undefined) yield* progress.claim.progress(value);
});

const sending = /* @__PURE__ */ coroutine(function* sendProgress(progress: Progress): CoroutineBody<void> {
  while (progress.latest !== undefined) {
    yield* shield(flushed(progress));
    yield* sleep(BETWEEN);
  }
  progress.sender = undefined;
});

const ending = /* @__PURE__ */ coroutine(function* endProgress(progress: Progress): CoroutineBody<void> {
  const { sender } = progress;
  sender?.cancel();
  try {
    if (sender !== undefined) yield* sender;
  } catch {
    // it was cancelled in its pause
  }
  yield* flushed(progress);
});
