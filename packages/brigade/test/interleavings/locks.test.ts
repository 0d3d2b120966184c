/** Lock, Semaphore and BoundedSemaphore under every schedule: permits are conserved, and given in order. */
import {
  BoundedSemaphore,
  coroutine,
  currentTask,
  type Task,
  InvalidStateError,
  Lock,
  moveOnAfter,
  type Permit,
  type Awaitable,
  Semaphore,
  sleep,
} from "brigade";
import { expect, test } from "vitest";
import { demand, explore, type Program, told } from "./explorer.ts";

interface Request {
  readonly task: Task<unknown>;
  waiting: boolean;
}

/** Who asked for a permit, who got one, and who holds one. */
class Ledger {
  readonly #most: number;
  readonly #requests: Request[] = [];
  #inside = 0;
  entered = 0;
  constructor(most: number) {
    this.#most = most;
  }

  ask(): Request {
    const request = { task: currentTask(), waiting: true };
    this.#requests.push(request);
    return request;
  }

  enter(request: Request): void {
    for (const earlier of this.#requests.slice(0, this.#requests.indexOf(request)))
      demand(!earlier.waiting || earlier.task.cancelRequested, "a late request overtook an earlier one");
    request.waiting = false;
    this.entered++;
    demand(++this.#inside <= this.#most, "more hold a permit than there are");
  }

  leave(): void {
    this.#inside--;
  }

  giveUp(request: Request): void {
    request.waiting = false;
  }

  get inside(): number {
    return this.#inside;
  }
}

interface Locking {
  acquire(): Awaitable<Permit>;
}

/** Takes a permit, keeps it for some iterations, and gives it back, however it ends. */
const critical = coroutine(function* critical(lock: Locking, ledger: Ledger, iterations: number) {
  const request = ledger.ask();
  try {
    using _ = yield* lock.acquire();
    ledger.enter(request);
    try {
      for (let index = 0; index < iterations; index++) yield* sleep(0);
    } finally {
      ledger.leave();
    }
  } finally {
    ledger.giveUp(request);
  }
});

/** Takes a permit without `using`, and gives it back through the lock. */
const byHand = coroutine(function* byHand(lock: Locking & { release(): void }, ledger: Ledger) {
  const request = ledger.ask();
  try {
    yield* lock.acquire();
    ledger.enter(request);
  } finally {
    ledger.giveUp(request);
  }
  ledger.leave();
  lock.release();
});

const nobodyWaits: Program["atRest"] = (endings) => {
  for (const [index, { outcome }] of endings.entries())
    demand(outcome !== "waiting", `task ${index} waits for a permit that nobody holds`);
};

const lockProgram = (iterations: number) => (): Program => {
  const lock = new Lock();
  const ledger = new Ledger(1);
  const work = () => critical(lock, ledger, iterations);
  return {
    tasks: [[work], [work], [work]],
    atRest: nobodyWaits,
    atEnd: () => demand(!lock.locked && ledger.inside === 0, "the lock is not free at the end"),
  };
};

const semaphoreProgram = (Kind: new (permits: number) => Semaphore, permits: number, tasks: number) => (): Program => {
  const semaphore = new Kind(permits);
  const ledger = new Ledger(permits);
  const work = () => critical(semaphore, ledger, 1);
  return {
    tasks: Array.from({ length: tasks }, () => [work]),
    atRest: nobodyWaits,
    atEnd: () => demand(semaphore.available === permits && !semaphore.locked, "permits were lost or made"),
  };
};

test("Lock: three tasks, each once: one at a time, in order, free at the end", async () => {
  let schedules = 0;
  for (const iterations of [0, 1])
    schedules += told(`Lock, held ${iterations}`, await explore(lockProgram(iterations)));
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("Lock: two tasks that each take it twice, by hand and by permit", async () => {
  const exploration = await explore(() => {
    const lock = new Lock();
    const ledger = new Ledger(1);
    const tasks = [
      [() => byHand(lock, ledger), () => critical(lock, ledger, 1)],
      [() => critical(lock, ledger, 1), () => byHand(lock, ledger)],
    ];
    return { tasks, atRest: nobodyWaits, atEnd: () => demand(!lock.locked, "the lock is not free at the end") };
  });
  expect(told("Lock, twice each", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Lock: an acquire that times out in any iteration takes nothing with it", async () => {
  const exploration = await explore(
    () => {
      const lock = new Lock();
      const hurried = coroutine(function* hurried() {
        const permit = yield* moveOnAfter(1, lock.acquire());
        yield* sleep(0);
        permit?.release();
      });
      const holder = coroutine(function* holder() {
        using _ = yield* lock.acquire();
        yield* sleep(1);
      });
      return {
        tasks: [[holder], [hurried], [hurried]],
        atRest: nobodyWaits,
        atEnd: () => demand(!lock.locked, "the lock is not free at the end"),
      };
    },
    { from: 1, victims: 1 },
  );
  expect(told("Lock, with timeouts", exploration)).toBeGreaterThan(2_000);
}, 60_000);

test("Semaphore: one or two permits, three tasks", async () => {
  let schedules = 0;
  for (const permits of [1, 2])
    schedules += told(`Semaphore(${permits})`, await explore(semaphoreProgram(Semaphore, permits, 3)));
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("Semaphore: two permits, four tasks", async () => {
  const exploration = await explore(semaphoreProgram(Semaphore, 2, 4), { pauses: 1, victims: 1 });
  expect(told("Semaphore(2), four tasks", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("BoundedSemaphore: no permit is given back twice", async () => {
  const exploration = await explore(semaphoreProgram(BoundedSemaphore, 1, 3), { victims: 2 });
  expect(told("BoundedSemaphore(1)", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Semaphore: permits that are added reach waiters, as many as were added", async () => {
  const exploration = await explore(() => {
    const semaphore = new Semaphore(0);
    const ledger = new Ledger(2);
    let added = 0;
    const taker = coroutine(function* taker() {
      const request = ledger.ask();
      try {
        yield* semaphore.acquire();
        ledger.enter(request);
      } finally {
        ledger.giveUp(request);
      }
    });
    const adder = coroutine(function* adder() {
      semaphore.release();
      added++;
    });
    return {
      tasks: [[taker], [taker], [adder, adder]],
      atRest: (endings) => {
        demand(semaphore.available + ledger.entered === added, "permits were lost or made");
        demand(
          semaphore.available === 0 || endings.every(({ outcome }) => outcome !== "waiting"),
          "a task waits beside a free permit",
        );
      },
      atEnd: () => demand(semaphore.available + ledger.entered === added, "a cancelled waiter took a permit with it"),
    };
  });
  expect(told("Semaphore, permits added", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Semaphore: a release too many is the only way to an InvalidStateError of a BoundedSemaphore", async () => {
  const exploration = await explore(
    () => {
      const semaphore = new BoundedSemaphore(1);
      let refused = 0;
      const work = coroutine(function* work() {
        using _ = yield* semaphore.acquire();
        yield* sleep(0);
      });
      const tooMany = coroutine(function* tooMany() {
        const free = semaphore.available === 1;
        yield* sleep(0);
        if (free && semaphore.available === 1) {
          try {
            semaphore.release();
          } catch (error) {
            demand(error instanceof InvalidStateError, "another error");
            refused++;
          }
          demand(refused === 1, "a permit was made");
        }
      });
      return {
        tasks: [[work], [work], [tooMany]],
        atRest: nobodyWaits,
        atEnd: () => demand(semaphore.available === 1, "permits were lost or made"),
      };
    },
    { victims: 1 },
  );
  expect(told("BoundedSemaphore, released too often", exploration)).toBeGreaterThan(2_000);
}, 60_000);
