/** The six kinds of mistakes that `explore` is for: each is found within 1,000 schedules, and its fix passes them. */
import {
  type AwaitableLike,
  coroutine,
  createTask,
  Event,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  run,
  type SettableFuture,
  sleep,
  taskGroup,
  use,
} from "brigade";
import { ExplorationError, type ExploreOptions, explore, virtualClock } from "brigade/testing";
import { expect, test } from "vitest";

type Program = () => AwaitableLike<unknown>;

interface Race {
  readonly broken: Program;
  readonly fixed: Program;
  /** What the failure says. */
  readonly says: string;
  readonly options?: ExploreOptions;
}

const later = coroutine(function* later(ms: number, body: () => AwaitableLike<unknown>) {
  yield* sleep(ms);
  yield* body() as Generator<never, unknown, unknown>;
});

/** Two deposits into one account: the second reads the balance when the first is about to write it. */
function deposits(lock: Lock | undefined): AwaitableLike<unknown> {
  let balance = 0;
  const deposit = coroutine(function* deposit(amount: number) {
    const before = balance;
    yield* sleep(2);
    balance = before + amount;
  });
  const locked = (amount: number) => (lock ? use(lock, () => deposit(amount)) : deposit(amount));
  return coroutine(function* main() {
    yield* gather([locked(10), later(2, () => locked(20))]);
    if (balance !== 30) throw new Error(`the balance is ${balance}`);
  })();
}

/** Two readers of a cache: the second comes when the first is about to fill it. */
function readers(keep: "value" | "promise of it"): AwaitableLike<unknown> {
  const cache = new Map<string, unknown>();
  let fetches = 0;
  const fetch = coroutine(function* fetch() {
    fetches++;
    yield* sleep(2);
    return "value";
  });
  const read = coroutine(function* read() {
    if (keep === "promise of it") {
      if (!cache.has("key")) cache.set("key", createTask(fetch()));
      yield* cache.get("key") as ReturnType<typeof fetch>;
    } else if (!cache.has("key")) cache.set("key", yield* fetch());
  });
  return coroutine(function* main() {
    yield* gather([read(), later(2, read)]);
    if (fetches > 1) throw new Error(`fetched ${fetches} times`);
  })();
}

/** Two transfers between the same accounts, in opposite directions. */
function transfers(ordered: boolean): AwaitableLike<unknown> {
  const locks = [new Lock(), new Lock()] as const;
  const transfer = coroutine(function* transfer(from: 0 | 1, to: 0 | 1) {
    const [first, second] = ordered ? [0, 1] : [from, to];
    using _first = yield* (locks[first] as Lock).acquire();
    yield* sleep(2);
    using _second = yield* (locks[second] as Lock).acquire();
  });
  const quick = coroutine(function* quick() {
    const [first, second] = ordered ? [0, 1] : [1, 0];
    using _first = yield* (locks[first] as Lock).acquire();
    using _second = yield* (locks[second] as Lock).acquire();
  });
  return gather([transfer(0, 1), later(2, quick)]);
}

/** Waits for a flag with a list of waiters of its own: the notification may come between the look and the wait. */
function handMade(looksAgain: boolean): AwaitableLike<unknown> {
  let ready = false;
  const waiters: SettableFuture<void>[] = [];
  const waiter = coroutine(function* waiter() {
    if (ready) return;
    yield* sleep(2); // writes to its log
    if (looksAgain && ready) return;
    const woken = getRunningLoop().createFuture<void>();
    waiters.push(woken);
    yield* woken;
  });
  const notify = coroutine(function* notify() {
    ready = true;
    for (const woken of waiters) woken.setResult();
  });
  return gather([waiter(), later(2, notify)]);
}

/** A consumer that needs what somebody else loads, and dies when an item comes earlier. */
function consumers(waits: boolean): AwaitableLike<unknown> {
  const queue = new Queue<string>();
  const loaded = new Event();
  const prices = new Map<string, number>();
  const load = coroutine(function* load() {
    yield* sleep(2);
    prices.set("tea", 3);
    loaded.set();
  });
  const consume = coroutine(function* consume() {
    for (;;) {
      const item = yield* queue.get();
      if (waits) yield* loaded.wait();
      if (!prices.has(item)) throw new Error(`no price for ${item}`);
      queue.taskDone();
    }
  });
  return coroutine(function* main() {
    const loader = createTask(load());
    const consumer = createTask(consume());
    yield* sleep(2);
    yield* queue.put("tea");
    yield* queue.join();
    yield* loader;
    consumer.cancel();
  })();
}

/** A session that keeps itself alive in the background, and forgets that when it ends early. */
function sessions(grouped: boolean): AwaitableLike<unknown> {
  let revoked = false;
  const refresh = coroutine(function* refresh() {
    for (;;) yield* sleep(10);
  });
  const revoke = coroutine(function* revoke() {
    revoked = true;
  });
  const session = coroutine(function* session() {
    const refresher = createTask(refresh());
    yield* sleep(2);
    if (revoked) return; // the refresher goes on
    refresher.cancel();
  });
  const inGroup = coroutine(function* session() {
    yield* taskGroup(function* (group) {
      group.createTask(refresh());
      yield* sleep(2);
      group.cancelChildren();
    });
  });
  const revoking = later(1, () => later(1, revoke));
  return coroutine(function* main() {
    yield* gather([grouped ? inGroup() : session(), revoking]);
    yield* sleep(0);
  })();
}

const races: Readonly<Record<string, Race>> = {
  "a lost update around an await": {
    broken: () => deposits(undefined),
    fixed: () => deposits(new Lock()),
    says: "the balance is 20",
  },
  "check-then-act on a cache": {
    broken: () => readers("value"),
    fixed: () => readers("promise of it"),
    says: "fetched 2 times",
  },
  "a deadlock of two locks": {
    broken: () => transfers(false),
    fixed: () => transfers(true),
    says: "DeadlockError",
  },
  "a lost wake-up of a hand-made condition": {
    broken: () => handMade(false),
    fixed: () => handMade(true),
    says: "DeadlockError",
  },
  "a queue consumer that dies": {
    broken: () => consumers(false),
    fixed: () => consumers(true),
    says: "DeadlockError",
  },
  "a forgotten cancellation": {
    broken: () => sessions(false),
    fixed: () => sessions(true),
    says: 'task "Task-3" has not ended; it waits for sleep "10 ms"',
    options: { leaks: true },
  },
};

const strategies: readonly ExploreOptions[] = [1, 2, 3].flatMap((seed) => [
  { strategy: "random", seed },
  { strategy: "pct", seed },
]);

test.each(Object.entries(races))("%s is found, although the plain order passes", async (_name, race) => {
  await run(race.broken, { clock: virtualClock() });
  for (const strategy of [...strategies, { strategy: "exhaustive" } as const]) {
    const error: unknown = await explore(race.broken, { ...race.options, ...strategy }).catch((caught) => caught);
    expect(error).toBeInstanceOf(ExplorationError);
    expect((error as ExplorationError).message).toContain(race.says);
    expect((error as ExplorationError).schedules).toBeLessThanOrEqual(1_000);
    expect((error as ExplorationError).schedule.filter((choice) => choice > 0)).toHaveLength(1);
  }
});

test.each(Object.entries(races))("the fix of %s passes", async (_name, race) => {
  for (const strategy of strategies) {
    expect(await explore(race.fixed, { ...race.options, ...strategy })).toEqual({ schedules: 1_000, complete: false });
  }
  const { complete } = await explore(race.fixed, { ...race.options, strategy: "exhaustive" });
  expect(complete).toBe(true);
});
