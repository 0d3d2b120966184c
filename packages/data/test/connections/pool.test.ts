/** The pool over connections that are only numbers, in virtual time. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  gather,
  moveOnAfter,
  run,
  sleep,
  TimeoutError,
  wait,
} from "brigade";
import { assertNoLeaks, virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { Pool, type PoolOptions } from "../../src/connections/pool.ts";
import type { Slot } from "../../src/connections/slot.ts";

class World {
  opened = 0;
  readonly open = new Set<number>();
  readonly dead = new Set<number>();
  most = 0;
  failures = 0;

  pool(options: Partial<PoolOptions<number>> = {}): Pool<number> {
    return new Pool<number>({
      label: "a world",
      max: 2,
      idleTimeout: 1_000,
      acquireTimeout: 500,
      open: () => this.#connected(),
      close: (connection: number) => this.#closed(connection),
      alive: (connection: number) => !this.dead.has(connection),
      interrupt: () => undefined,
      ...options,
    });
  }

  readonly #connected = coroutine(function* connected(this: World): CoroutineBody<number> {
    yield* sleep(10);
    if (this.failures > 0) {
      this.failures--;
      throw new Error("no connection");
    }
    this.open.add(++this.opened);
    this.most = Math.max(this.most, this.open.size);
    return this.opened;
  });

  readonly #closed = coroutine(function* closed(this: World, connection: number): CoroutineBody<void> {
    yield* sleep(5);
    this.open.delete(connection);
  });
}

const used = coroutine(function* used(
  pool: Pool<number>,
  duration: number,
  order?: number[],
  n: number = 0,
): CoroutineBody<void> {
  const slot = yield* pool.acquire();
  try {
    order?.push(n);
    yield* sleep(duration);
  } finally {
    pool.giveBack(slot);
  }
});

function virtually(body: () => Coroutine<void> | Generator): Promise<unknown> {
  return run(body as () => Coroutine<void>, { clock: virtualClock() });
}

test("who waits is served in the order of coming, over at most max connections", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool();
    const order: number[] = [];
    yield* gather(Array.from({ length: 20 }, (_, n) => used(pool, 7, order, n)));
    expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(world.most).toBe(2);
    yield* pool.close(false);
    expect(world.open.size).toBe(0);
  });
});

test("connections are opened as they are needed: one who comes after the other uses one", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool();
    for (let i = 0; i < 5; i++) yield* used(pool, 1);
    expect(world.opened).toBe(1);
    yield* pool.close(false);
  });
});

test("what nobody has used for idleTimeout is closed, what is used is kept", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool();
    yield* gather([used(pool, 1), used(pool, 1)]);
    for (let i = 0; i < 4; i++) {
      yield* sleep(400);
      yield* used(pool, 1);
    }
    expect(world.open.size).toBe(1);
    yield* sleep(1_100);
    expect(world.open.size).toBe(0);
    yield* pool.close(false);
  });
});

test("who waits for longer than acquireTimeout is told what is in use, and the line goes on", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool({ max: 1 });
    const holder = createTask(used(pool, 700));
    yield* sleep(100);
    const late = createTask(used(pool, 1));
    yield* sleep(450);
    const patient = createTask(used(pool, 1));
    yield* wait([holder, late, patient]);
    expect(late.exception()).toBeInstanceOf(TimeoutError);
    expect(late.exception()?.message).toMatch(
      /no connection to a world came free within 500 ms: 1 of at most 1 are in use, and 1 more wait/,
    );
    expect(patient.exception()).toBeUndefined();
    yield* pool.close(false);
  });
});

test("a failure to open goes to the first who waits, and the next one gets another try", async () => {
  const world = new World();
  world.failures = 1;
  await virtually(function* () {
    const pool = world.pool({ max: 1 });
    const outcomes = yield* gather([used(pool, 1), used(pool, 1)], { returnExceptions: true });
    expect(String(outcomes[0])).toBe("Error: no connection");
    expect(outcomes[1]).toBeUndefined();
    yield* pool.close(false);
  });
});

test("a waiter that is cancelled at the moment its turn comes passes the connection on", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool({ max: 1 });
    for (let moment = 0; moment < 40; moment++) {
      const holder = createTask(used(pool, 20));
      const cancelled = createTask(used(pool, 1));
      const next = createTask(used(pool, 1));
      yield* sleep(moment);
      cancelled.cancel();
      yield* wait([holder, cancelled, next]);
      expect(next.exception()).toBeUndefined();
    }
    yield* pool.close(false);
    expect(world.open.size).toBe(0);
  });
});

test("one that was dropped is never given on, and makes room for another", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool({ max: 1 });
    const slot: Slot<number> = yield* pool.acquire();
    const next = createTask(pool.acquire());
    yield* sleep(1);
    pool.drop(slot);
    pool.giveBack(slot);
    const other = yield* next;
    expect(other.connection).toBe(2);
    pool.giveBack(other);
    world.dead.add(2);
    const third = yield* pool.acquire();
    expect(third.connection).toBe(3);
    pool.giveBack(third);
    yield* pool.close(false);
  });
});

test("takers that share have a connection for no more than depth; one that is alone waits until all are gone, and nobody passes it", async () => {
  const world = new World();
  await virtually(function* () {
    const pool = world.pool({ max: 1, depth: 3 });
    const order: string[] = [];
    const take = (name: string, alone: boolean): void =>
      pool.take({
        alone,
        granted: (slot) => {
          order.push(name);
          slots.push(slot);
        },
        refused: () => undefined,
      });
    const slots: Slot<number>[] = [];
    const free = (): void => pool.giveBack(slots.shift() as Slot<number>);
    for (const name of ["a", "b", "c", "d"]) take(name, false);
    yield* sleep(20);
    expect(order).toEqual(["a", "b", "c"]);
    take("alone", true);
    take("e", false);
    free();
    expect(order).toEqual(["a", "b", "c", "d"]);
    free();
    free();
    expect(order).toEqual(["a", "b", "c", "d"]);
    free();
    expect(order.at(-1)).toBe("alone");
    free();
    expect(order.at(-1)).toBe("e");
    free();
    yield* pool.close(false);
  });
});

test("closing waits for those who use a connection and those who wait for one, refuses new ones, and leaves nothing", async () => {
  const world = new World();
  await assertNoLeaks(function* () {
    const pool = world.pool({ max: 1 });
    const tasks = [createTask(used(pool, 30)), createTask(used(pool, 30))];
    yield* sleep(15);
    const closing = createTask(pool.close(false));
    yield* sleep(1);
    const [refused] = yield* gather([used(pool, 1)], { returnExceptions: true });
    expect(String(refused)).toContain("are closed");
    yield* closing;
    expect(tasks.map((task) => task.done)).toEqual([true, true]);
    expect(world.open.size).toBe(0);
  });
});

test("a pool that is closed while it opens a connection lets go of that", async () => {
  const world = new World();
  await assertNoLeaks(function* () {
    const pool = world.pool();
    expect(yield* moveOnAfter(5, pool.acquire())).toBeUndefined();
    yield* pool.close(true);
    expect(world.open.size).toBe(0);
  });
});
