/** Queue, LifoQueue and PriorityQueue under every schedule: items are conserved, given once, and in order. */
import { coroutine, LifoQueue, moveOnAfter, PriorityQueue, Queue, QueueShutDown, sleep } from "brigade";
import { expect, test } from "vitest";
import { demand, explore, type Program, told } from "./explorer.ts";

type Kind = new (options?: { maxSize?: number }) => Queue<number>;

const byValue = (a: number, b: number): number => a - b;

/** A queue with its books: what was put, what was got by whom, who waits. */
class Counter {
  readonly queue: Queue<number>;
  readonly put: number[] = [];
  readonly got: number[] = [];
  readonly #byGetter = new Map<string, number[]>();
  #getters = 0;
  #putters = 0;

  constructor(Kind: Kind, maxSize: number) {
    this.queue = new Kind({ maxSize });
  }

  readonly putting = coroutine(function* putting(this: Counter, item: number) {
    this.#putters++;
    try {
      yield* this.queue.put(item);
      this.put.push(item);
    } finally {
      this.#putters--;
    }
  });

  readonly getting = coroutine(function* getting(this: Counter, name: string) {
    this.#getters++;
    try {
      this.#note(name, yield* this.queue.get());
    } finally {
      this.#getters--;
    }
  });

  #note(name: string, item: number): void {
    this.got.push(item);
    this.#byGetter.set(name, [...(this.#byGetter.get(name) ?? []), item]);
  }

  /** Nobody waits for what is there. */
  atRest(): void {
    demand(this.#getters === 0 || this.queue.empty, "a getter waits though there is an item");
    demand(this.#putters === 0 || this.queue.full, "a putter waits though there is room");
    demand(this.queue.maxSize === 0 || this.queue.size <= this.queue.maxSize, "more items than there is room for");
  }

  /** Every item that was put was got once, or is still there. */
  atEnd(): void {
    const left: number[] = [];
    while (!this.queue.empty) left.push(this.queue.getNowait());
    const all = [...this.got, ...left];
    demand(
      all.sort(byValue).join() === [...this.put].sort(byValue).join(),
      `put ${this.put}, and got ${this.got}, left ${left}`,
    );
  }

  /** A producer's items are numbered upwards from a multiple of ten; they arrive in that order. */
  inOrder(): void {
    for (const items of this.#byGetter.values())
      for (const [index, item] of items.entries())
        demand(
          items.slice(index + 1).every((later) => Math.floor(later / 10) !== Math.floor(item / 10) || later > item),
          `a getter got ${items}`,
        );
  }
}

const queueProgram = (Kind: Kind, maxSize: number) => (): Program => {
  const counter = new Counter(Kind, maxSize);
  return {
    tasks: [
      [() => counter.putting(10), () => counter.putting(11)],
      [() => counter.getting("a")],
      [() => counter.getting("b")],
    ],
    atRest: () => counter.atRest(),
    atEnd: () => counter.atEnd(),
  };
};

const kinds: readonly [string, Kind][] = [
  ["Queue", Queue],
  ["LifoQueue", LifoQueue],
  ["PriorityQueue", PriorityQueue],
];

for (const [name, Kind] of kinds) {
  test(`${name}: one producer, two consumers, maxSize 1 and unbounded`, async () => {
    const bounded = await explore(queueProgram(Kind, 1), { victims: 1 });
    const unbounded = await explore(queueProgram(Kind, 0), { pauses: 1 });
    const schedules = told(`${name}, maxSize 1`, bounded) + told(`${name}, unbounded`, unbounded);
    expect(schedules).toBeGreaterThan(5_000);
  }, 60_000);

  test(`${name}: two producers that wait for room, one consumer, every pair of cancellations`, async () => {
    const exploration = await explore(
      () => {
        const counter = new Counter(Kind, 1);
        const twice = coroutine(function* twice() {
          yield* counter.getting("a");
          yield* counter.getting("a");
        });
        return {
          tasks: [[() => counter.putting(10)], [() => counter.putting(20)], [twice]],
          atRest: () => counter.atRest(),
          atEnd: () => counter.atEnd(),
        };
      },
      { victims: 2 },
    );
    expect(told(`${name}, two producers`, exploration)).toBeGreaterThan(5_000);
  }, 60_000);
}

test("Queue: four tasks, two producers and two consumers, each item in its producer's order", async () => {
  const exploration = await explore(
    () => {
      const counter = new Counter(Queue, 1);
      const produce = (first: number) =>
        coroutine(function* produce() {
          yield* counter.putting(first);
          yield* counter.putting(first + 1);
        });
      const consume = (name: string) =>
        coroutine(function* consume() {
          yield* counter.getting(name);
          yield* counter.getting(name);
        });
      return {
        tasks: [[produce(10)], [produce(20)], [consume("a")], [consume("b")]],
        atRest: () => counter.atRest(),
        atEnd: () => {
          counter.inOrder();
          counter.atEnd();
        },
      };
    },
    { pauses: 1, victims: 1 },
  );
  expect(told("Queue, two producers, two consumers", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Queue: a get and a put that time out in any iteration take nothing with them", async () => {
  const exploration = await explore(
    () => {
      const counter = new Counter(Queue, 1);
      const hurried = coroutine(function* hurried() {
        yield* moveOnAfter(1, counter.getting("a"));
        yield* moveOnAfter(1, counter.putting(10));
      });
      const late = coroutine(function* late() {
        yield* sleep(1);
        yield* counter.putting(20);
        yield* sleep(1);
        yield* counter.getting("b");
      });
      return {
        tasks: [[hurried], [late], [() => counter.getting("c")]],
        atRest: () => counter.atRest(),
        atEnd: () => counter.atEnd(),
      };
    },
    { from: 1, victims: 1 },
  );
  expect(told("Queue, with timeouts", exploration)).toBeGreaterThan(2_000);
}, 60_000);

test("Queue.join: it is released when all is done, and not before, whoever is cancelled", async () => {
  const exploration = await explore(() => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.putNowait(2);
    let undone = 2;
    const work = coroutine(function* work() {
      yield* queue.get();
      try {
        yield* sleep(0);
      } finally {
        undone--;
        queue.taskDone();
      }
    });
    const join = coroutine(function* join() {
      yield* queue.join();
      demand(undone === 0, "joined before all was done");
    });
    return {
      tasks: [[work], [work], [join]],
      atRest: (endings) => demand(undone > 0 || endings[2]?.outcome !== "waiting", "join was not released"),
      atEnd: () => demand(undone === queue.size, "an item was lost"),
    };
  });
  expect(told("Queue.join", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Queue.shutdown: nobody waits any more, and what was put is still got", async () => {
  let schedules = 0;
  for (const immediate of [false, true]) {
    const exploration = await explore(
      () => {
        const counter = new Counter(Queue, 1);
        const stop = coroutine(function* stop() {
          yield* sleep(0);
          if (immediate) while (!counter.queue.empty) counter.got.push(counter.queue.getNowait());
          counter.queue.shutdown({ immediate });
        });
        return {
          tasks: [[() => counter.putting(10), () => counter.putting(11)], [() => counter.getting("a")], [stop]],
          mayFail: (error) => error instanceof QueueShutDown,
          atRest: (endings) => {
            const stopped = endings[2]?.outcome === "value";
            demand(!stopped || !endings.some(({ outcome }) => outcome === "waiting"), "a task waits after shutdown");
            for (const { outcome, cancelled } of endings)
              demand(!cancelled || outcome === "cancelled", "a cancelled task ended with the error of the shutdown");
            counter.atRest();
          },
          atEnd: () => {
            if (!immediate) counter.atEnd();
          },
        };
      },
      { pauses: 1, victims: 1 },
    );
    schedules += told(`Queue.shutdown, immediate ${immediate}`, exploration);
  }
  expect(schedules).toBeGreaterThan(4_000);
}, 60_000);
