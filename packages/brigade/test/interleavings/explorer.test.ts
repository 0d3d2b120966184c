/** The explorer finds what it is there to find: known mistakes of locks and queues, each within its schedules. */
import { type Awaitable, coroutine, getRunningLoop, Lock, Queue, type SettableFuture, sleep } from "brigade";
import { expect, test } from "vitest";
import { demand, explore, type Program } from "./explorer.ts";

/** A lock with the mistakes of its kind, to be switched on. */
class Mistaken {
  readonly #passesOn: boolean;
  readonly #waiters: SettableFuture<void>[] = [];
  locked = false;
  constructor(passesOn: boolean) {
    this.#passesOn = passesOn;
  }

  readonly acquire: () => Awaitable<void> = coroutine(function* acquire(this: Mistaken) {
    if (!this.locked) {
      this.locked = true;
      return;
    }
    const waiter = getRunningLoop().createFuture<void>();
    this.#waiters.push(waiter);
    let mine = false;
    try {
      yield* waiter;
      mine = true;
    } finally {
      if (!mine && this.#passesOn && waiter.done && !waiter.cancelled) this.release();
    }
  });

  release(): void {
    this.locked = false;
    for (let next = this.#waiters.shift(); next; next = this.#waiters.shift())
      if (!next.done) {
        this.locked = true;
        next.setResult();
        return;
      }
  }
}

const programOf = (lock: Mistaken | Lock): Program => {
  const work = coroutine(function* work() {
    yield* lock.acquire();
    try {
      yield* sleep(0);
    } finally {
      lock.release();
    }
  });
  return {
    tasks: [[work], [work]],
    atRest: (endings) => demand(!endings.some(({ outcome }) => outcome === "waiting"), "a task waits for ever"),
    atEnd: () => demand(!lock.locked, "the lock is not free at the end"),
  };
};

test("a lock that does not pass on what came to a cancelled waiter is found", async () => {
  await expect(explore(() => programOf(new Mistaken(false)))).rejects.toThrow("the lock is not free at the end");
  await explore(() => programOf(new Mistaken(true)));
});

test("a queue that loses the item of a cancelled getter is found", async () => {
  const losing = () => {
    const queue = new Queue<number>();
    let got = 0;
    let put = 0;
    const getter = coroutine(function* getter() {
      yield* queue.get();
      yield* sleep(0);
      got++;
    });
    const putter = coroutine(function* putter() {
      yield* queue.put(1);
      put++;
    });
    return { tasks: [[getter], [putter]], atEnd: () => demand(got + queue.size === put, "an item was lost") };
  };
  await expect(explore(losing)).rejects.toThrow("an item was lost");
});

test("a task that goes on after its cancellation, and one that waits for ever, are found", async () => {
  const stuck = () => {
    const lock = new Lock();
    const forgetting = coroutine(function* forgetting() {
      yield* lock.acquire();
    });
    return {
      tasks: [[forgetting], [forgetting]],
      atRest: (endings: readonly { outcome: unknown }[]) =>
        demand(!endings.some(({ outcome }) => outcome === "waiting"), "a task waits for ever"),
    };
  };
  await expect(explore(stuck, { victims: 0 })).rejects.toThrow("a task waits for ever");
});

test("the number of schedules is that of the formula: pauses × orders × sides × cancellations", async () => {
  const idle = (): Program => ({ tasks: [[() => sleep(0)], [() => sleep(0)]] });
  const { schedules } = await explore(idle, { victims: 0 });
  expect(schedules).toBe(9 * 2 * 2);
  const { schedules: more, cancellations } = await explore(idle, { pauses: 0, victims: 2 });
  expect(more).toBeGreaterThan(4 * (1 + 2 * 2 + 2 * 2));
  expect(cancellations).toBeGreaterThan(20);
});
