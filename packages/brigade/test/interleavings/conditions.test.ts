/** Condition and Event under every schedule: no notification is lost, and the lock is held again after every wait. */
import { Condition, coroutine, Event, sleep } from "brigade";
import { expect, test } from "vitest";
import { demand, explore, type Program, told } from "./explorer.ts";

/** Tokens guarded by a condition; says who holds the lock, and complains of two at once. */
class Shelf {
  readonly condition = new Condition();
  tokens = 0;
  taken = 0;
  made = 0;
  #holder: string | undefined;

  hold(name: string): void {
    demand(this.condition.locked, `${name} goes on without the lock`);
    demand(this.#holder === undefined, `${name} goes on while ${this.#holder} holds the lock`);
    this.#holder = name;
  }

  letGo(): void {
    this.#holder = undefined;
  }

  readonly take = coroutine(function* take(this: Shelf, name: string, how: "wait" | "waitFor") {
    using _ = yield* this.condition.acquire();
    this.hold(name);
    try {
      while (this.tokens === 0) yield* this.#waiting(name, how);
      this.tokens--;
      this.taken++;
    } finally {
      this.letGo();
    }
  });

  readonly #waiting = coroutine(function* waiting(this: Shelf, name: string, how: "wait" | "waitFor") {
    this.letGo();
    try {
      if (how === "wait") yield* this.condition.wait();
      else yield* this.condition.waitFor(() => this.tokens > 0);
    } finally {
      this.hold(name);
    }
  });

  readonly make = coroutine(function* make(this: Shelf, iterations: number) {
    using _ = yield* this.condition.acquire();
    this.hold("maker");
    try {
      for (let index = 0; index < iterations; index++) yield* sleep(0);
      this.tokens++;
      this.made++;
      this.condition.notify();
    } finally {
      this.letGo();
    }
  });

  /** What must hold at rest and at the end, whoever was cancelled. */
  check(endings: readonly { outcome: unknown }[]): void {
    const waiting = endings.some(({ outcome }) => outcome === "waiting");
    demand(!this.condition.locked, "the lock is not free at rest");
    demand(this.tokens === 0 || !waiting, "a task waits though there is a token: its notification was lost");
    demand(this.tokens + this.taken === this.made, "tokens were lost or made");
  }
}

const shelfProgram = (how: "wait" | "waitFor", iterations: number, makers: number) => (): Program => {
  const shelf = new Shelf();
  const make = () => shelf.make(iterations);
  return {
    tasks: [[() => shelf.take("a", how)], [() => shelf.take("b", how)], Array.from({ length: makers }, () => make)],
    atRest: (endings) => shelf.check(endings),
    atEnd: (endings) => shelf.check(endings),
  };
};

test("Condition: two tasks wait, one notifies: the notification reaches one that can take it", async () => {
  let schedules = 0;
  for (const iterations of [0, 1, 2])
    schedules += told(`Condition.wait, ${iterations}`, await explore(shelfProgram("wait", iterations, 1)));
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("Condition: two notifications, two waiters, each cancelled in each iteration", async () => {
  const exploration = await explore(shelfProgram("wait", 0, 2), { victims: 1 });
  expect(told("Condition.wait, two notifications", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Condition.waitFor: the same", async () => {
  const exploration = await explore(shelfProgram("waitFor", 1, 1));
  expect(told("Condition.waitFor", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Condition: one notification for two that wait once reaches one of them, unless both were cancelled", async () => {
  const exploration = await explore(() => {
    const condition = new Condition();
    const parked = new Set<number>();
    const notified = new Set<number>();
    let returned = 0;
    const waiter = (name: number) =>
      coroutine(function* waiter() {
        using _ = yield* condition.acquire();
        parked.add(name);
        try {
          yield* condition.wait();
          returned++;
        } finally {
          parked.delete(name);
          demand(condition.locked, "a wait ended without the lock");
        }
      });
    const notifier = coroutine(function* notifier() {
      using _ = yield* condition.acquire();
      for (const name of parked) notified.add(name);
      condition.notify();
      yield* sleep(0);
    });
    return {
      tasks: [[waiter(0)], [waiter(1)], [notifier]],
      atRest: (endings) => {
        demand(!condition.locked, "the lock is not free at rest");
        const waiting = [...notified].filter((name) => endings[name]?.outcome === "waiting");
        demand(waiting.length === 0 || returned > 0, "a notification was lost");
      },
      atEnd: () => demand(!condition.locked, "the lock is not free at the end"),
    };
  });
  expect(told("Condition, one notification", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Event: whoever waited when it was set goes on, even if it is cleared at once; nobody waits while it is set", async () => {
  let schedules = 0;
  for (const clears of [true, false]) {
    const exploration = await explore(() => {
      const event = new Event();
      const waits = new Set<number>();
      const released = new Set<number>();
      const waiter = (name: number) =>
        coroutine(function* waiter() {
          waits.add(name);
          try {
            const given: unknown = yield* event.wait();
            demand(given === true, "wait gave something else than true");
          } finally {
            waits.delete(name);
          }
        });
      const setter = coroutine(function* setter() {
        event.set();
        for (const name of waits) released.add(name);
        if (clears) event.clear();
        yield* sleep(0);
      });
      return {
        tasks: [[waiter(0)], [waiter(1)], [setter]],
        atRest: (endings) => {
          for (const name of [0, 1]) {
            const waiting = endings[name]?.outcome === "waiting";
            demand(!waiting || !released.has(name), "a waiter that was there at set() was not woken");
            demand(!waiting || !event.isSet, "a task waits though the event is set");
          }
        },
      };
    });
    schedules += told(`Event, ${clears ? "cleared" : "set"}`, exploration);
  }
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);
