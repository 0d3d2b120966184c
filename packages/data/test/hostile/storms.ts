/** Storms of cancellations over a pool, whatever it is a pool of. After each, every call gets its own answer and nothing is left. */
import {
  type AsyncContextManager,
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  gather,
  moveOnAfter,
  race,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  use,
} from "brigade";
import { expect } from "vitest";

/** What is stormed. */
export interface Subject<Db> {
  readonly name: string;
  /** A pool of at most `max` connections. */
  open(max: number): AsyncContextManager<Db>;
  /** Asks the server a question whose only right answer is `n`. */
  ask(db: Db, n: number): Awaitable<number>;
  /** The same; the server takes some 30 ms to answer. */
  slowly(db: Db, n: number): Awaitable<number>;
  /** How many connections, or processes, there are on the other side. */
  connections(): Promise<number>;
  /** How many a pool of `max` may have at most, those of the test's own included. */
  most(max: number): number;
  /** Of the calls of a storm, how many it gets: 1 is all. */
  readonly scale: number;
  /** Whether a pool of one gives its calls their turn in the order they came. */
  readonly fifo: boolean;
}

/** The same storm for the same seed, as far as the servers' haste allows. */
export class Weather {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 ≤ x < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(bound: number): number {
    return this.next() * bound;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/** An answer to somebody else's question. */
class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

const questions = (function* (): Generator<number, never> {
  for (let n = 1; ; n++) yield n;
})();

/** Asks what nobody has asked before, and fails when the answer is that of another. */
const asked = coroutine(function* asked<Db>(subject: Subject<Db>, db: Db, slow: boolean): CoroutineBody<number> {
  const { value: n } = questions.next();
  const answer = yield* slow ? subject.slowly(db, n) : subject.ask(db, n);
  if (answer !== n) throw new WrongAnswer(`the question was ${n}, the answer ${answer}`);
  return n;
});

/** So many calls for a subject of scale 1. */
const many = <R>({ scale }: { readonly scale: number }, count: number, make: () => R): R[] =>
  Array.from({ length: Math.ceil(count * scale) }, () => make());

/** Each of the next calls gets its own answer. */
export const expectRight: <Db>(subject: Subject<Db>, db: Db, calls?: number) => Coroutine<void> = coroutine(
  function* expectRight<Db>(subject: Subject<Db>, db: Db, calls = 200): CoroutineBody<void> {
    yield* gather(
      many(subject, calls, () => asked(subject, db, false)),
      { limit: 50 },
    );
  },
);

/** What happens over an open pool. */
export type Storm = <Db>(subject: Subject<Db>, db: Db, weather: Weather) => AwaitableBody;
type AwaitableBody = CoroutineBody<void>;

/** Everything that a storm may do to the calls of a pool of four. */
export const storms: Readonly<Record<string, Storm>> = {
  *"a sibling that fails among 200 calls"(subject, db, weather) {
    for (let round = 0; round < 10; round++) {
      const failure = new Error("the sibling");
      const failing = coroutine(function* () {
        yield* sleep(weather.below(15));
        throw failure;
      });
      const calls = many(subject, 200, () => asked(subject, db, weather.chance(0.1)));
      calls.splice(Math.trunc(weather.below(calls.length)), 0, failing());
      const [outcome] = yield* gather([gather(calls)], { returnExceptions: true });
      // A pool that is faster than the sibling has nothing to cancel.
      if (outcome instanceof Error) expect(outcome).toBe(failure);
    }
  },

  *"races of calls against calls"(subject, db, weather) {
    const oneRace = coroutine(function* () {
      return yield* race(Array.from({ length: 8 }, () => asked(subject, db, weather.chance(0.3))));
    });
    yield* gather(many(subject, 60, oneRace), { limit: 6 });
  },

  *"a timeout of 0 to 5 ms around every call"(subject, db, weather) {
    let late = 0;
    const hurried = coroutine(function* () {
      try {
        yield* timeout(Math.trunc(weather.below(6)), asked(subject, db, weather.chance(0.3)));
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        late++;
      }
    });
    const patient = many(subject, 100, () => asked(subject, db, false));
    yield* gather([...many(subject, 400, hurried), ...patient], { limit: 40 });
    expect(late).toBeGreaterThan(0);
  },

  *"tasks cancelled twice, whose cleanup calls as well"(subject, db, weather) {
    let cleaned = 0;
    let begun = 0;
    const careful = coroutine(function* () {
      begun++;
      try {
        yield* asked(subject, db, true);
      } finally {
        yield* asked(subject, db, weather.chance(0.2));
        cleaned++;
      }
    });
    const tasks: Task<void>[] = many(subject, 60, () => createTask(careful()));
    yield* sleep(1); // every task has begun
    for (const task of tasks) {
      if (weather.chance(0.2)) yield* sleep(weather.below(3));
      task.cancel();
    }
    yield* sleep(weather.below(5));
    for (const task of tasks) task.cancel();
    yield* gather(tasks, { returnExceptions: true });
    expect(begun).toBe(tasks.length);
    expect(cleaned).toBe(tasks.length);
  },

  *"calls cancelled in the cleanup of a call that was not"(subject, db, weather) {
    const cutShort = coroutine(function* () {
      try {
        yield* asked(subject, db, false);
      } finally {
        yield* asked(subject, db, true); // the first cancellation ends it here
      }
    });
    for (let round = 0; round < 4; round++) {
      const tasks = Array.from({ length: 20 }, () => createTask(cutShort()));
      yield* sleep(weather.below(20));
      for (const task of tasks) task.cancel();
      const outcomes = yield* gather(tasks, { returnExceptions: true });
      expect(outcomes.filter((outcome) => outcome instanceof WrongAnswer)).toEqual([]);
    }
  },

  *"groups whose children are cancelled together, some of them shielded"(subject, db, weather) {
    for (let round = 0; round < 8; round++) {
      let shielded = 0;
      yield* taskGroup(function* (group) {
        const held = coroutine(function* () {
          yield* shield(asked(subject, db, true));
          shielded++;
        });
        for (let i = 0; i < 20; i++) {
          group.createTask<unknown>(i % 5 === 0 ? held() : asked(subject, db, weather.chance(0.5)));
        }
        yield* sleep(1 + weather.below(15));
        group.cancelChildren();
      });
      // A shielded call ends before its task does, which was cancelled all the same.
      expect(shielded).toBeLessThanOrEqual(4);
    }
  },
};

/** Cancels while the pool opens, connects, calls and closes. */
export const openings: (subject: Subject<unknown>, weather: Weather) => Coroutine<void> = coroutine(function* openings(
  subject: Subject<unknown>,
  weather: Weather,
): CoroutineBody<void> {
  let through = 0;
  const rounds = Math.ceil(30 * subject.scale);
  for (let round = 0; round < rounds; round++) {
    const done = yield* moveOnAfter(
      weather.below(40),
      use(subject.open(3), function* (db) {
        yield* gather([asked(subject, db, false), asked(subject, db, true), asked(subject, db, false)]);
        return true;
      }),
    );
    if (done === true) through++;
  }
  expect(through).toBeLessThan(rounds);
});

/** A pool of one, held by a slow call, and others that wait for it, some of which go. */
export const crowds: <Db>(subject: Subject<Db>, weather: Weather) => Coroutine<void> = coroutine(function* crowds<Db>(
  subject: Subject<Db>,
  weather: Weather,
): CoroutineBody<void> {
  yield* use(subject.open(1), function* (db) {
    yield* asked(subject, db, false);
    for (let round = 0; round < 5; round++) {
      const served: number[] = [];
      const waiter = coroutine(function* (place: number) {
        yield* asked(subject, db, false);
        served.push(place);
      });
      const holder = createTask(asked(subject, db, true));
      const waiters: Task<void>[] = [];
      for (let place = 0; place < 40; place++) waiters.push(createTask(waiter(place)));
      yield* sleep(1);
      if (weather.chance(0.5)) holder.cancel();
      const left = waiters.filter(() => weather.chance(0.5));
      for (const task of left) {
        task.cancel();
        if (weather.chance(0.2)) yield* sleep(weather.below(2));
      }
      yield* gather([holder, ...waiters], { returnExceptions: true });
      const stayed = waiters.flatMap((task, place) => (left.includes(task) ? [] : [place]));
      expect(served).toEqual(expect.arrayContaining(stayed));
      if (subject.fifo) expect(served).toEqual(served.toSorted((a, b) => a - b));
    }
    yield* expectRight(subject, db, 50);
  });
});

/** Pools in pools in pools, the middle one taken away again and again. */
export const nested: <Db>(subject: Subject<Db>, weather: Weather) => Coroutine<void> = coroutine(function* nested<Db>(
  subject: Subject<Db>,
  weather: Weather,
): CoroutineBody<void> {
  yield* use(subject.open(2), function* (outer) {
    for (let round = 0; round < 10; round++) {
      yield* moveOnAfter(
        weather.below(60),
        use(subject.open(2), function* (middle) {
          yield* use(subject.open(1), function* (inner) {
            const pools = [outer, middle, inner];
            yield* gather(pools.flatMap((db) => [asked(subject, db, true), asked(subject, db, false)]));
          });
        }),
      );
      yield* asked(subject, outer, false);
    }
    yield* expectRight(subject, outer, 50);
  });
});

/** Main ends while tasks of its loop are in the middle of their calls. */
export const abandoned: <Db>(subject: Subject<Db>, weather: Weather) => Coroutine<void> = coroutine(function* abandoned<
  Db,
>(subject: Subject<Db>, weather: Weather): CoroutineBody<void> {
  const user = coroutine(function* () {
    yield* use(subject.open(2), function* (db) {
      for (;;) yield* gather([asked(subject, db, true), asked(subject, db, false), asked(subject, db, false)]);
    });
  });
  for (let i = 0; i < 3; i++) createTask(user());
  yield* sleep(20 + weather.below(100));
});
