/** Locks and queues in asyncio's order, to the hop. Every expected trace is what CPython 3.13's asyncio prints for the same program. */
import {
  Barrier,
  Condition,
  coroutine,
  createTask,
  Event,
  Lock,
  Queue,
  QueueShutDown,
  Semaphore,
  sleep,
} from "brigade";
import { expect, test } from "vitest";
import { type Say, traceOf } from "../interleavings/trace.ts";

const iterations = coroutine(function* iterations(count: number) {
  for (let index = 0; index < count; index++) yield* sleep(0);
});

/** Holds the lock or the permit for some iterations, and says when it is in and when it is out. */
const holding = coroutine(function* holding(lock: Lock | Semaphore, name: string, count: number, say: Say) {
  {
    using _ = yield* lock.acquire();
    say(`${name} in`);
    yield* iterations(count);
  }
  say(`${name} out`);
});

const getting = coroutine(function* getting(queue: Queue<number>, name: string, say: Say) {
  try {
    say(`${name} got ${yield* queue.get()}`);
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error;
    say(`${name} shut down`);
  }
});

test("Lock: each waiter goes on one iteration after the release", async () => {
  const trace = await traceOf(function* (say) {
    const lock = new Lock();
    const tasks = [holding(lock, "a", 1, say), holding(lock, "b", 0, say), holding(lock, "c", 1, say)].map((one) =>
      createTask(one),
    );
    tasks.push(createTask(holding(lock, "d", 0, say)));
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual(["1 a in", "2 a out", "3 b in", "3 b out", "4 c in", "5 c out", "6 d in", "6 d out", "6 main"]);
});

test("Lock: who releases and acquires again goes to the end of the line", async () => {
  const trace = await traceOf(function* (say) {
    const lock = new Lock();
    const twice = coroutine(function* twice(name: string) {
      for (const turn of [0, 1]) {
        using _ = yield* lock.acquire();
        say(`${name}${turn}`);
      }
    });
    const tasks = [createTask(twice("a")), createTask(twice("b"))];
    yield* lock.acquire();
    yield* iterations(2);
    lock.release();
    say("released");
    yield* lock.acquire();
    say("main again");
    lock.release();
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual(["2 released", "3 a0", "4 b0", "5 main again", "6 a1", "7 b1", "7 main"]);
});

test("Lock: a woken waiter that is cancelled passes the lock on in the iteration after", async () => {
  const trace = await traceOf(function* (say) {
    const lock = new Lock();
    const trying = coroutine(function* trying(name: string) {
      try {
        using _ = yield* lock.acquire();
        say(`${name} in`);
      } finally {
        say(`${name} out`);
      }
    });
    const permit = yield* lock.acquire();
    const [a, b, c] = [createTask(trying("a")), createTask(trying("b")), createTask(trying("c"))] as const;
    yield* iterations(2);
    permit.release();
    a.cancel();
    say("released and cancelled");
    yield* b;
    say("main b");
    yield* c;
    say("main c");
  });
  expect(trace).toEqual([
    ...["2 released and cancelled", "3 a out", "4 b in", "4 b out"],
    ...["5 c in", "5 c out", "5 main b", "5 main c"],
  ]);
});

test("Semaphore: two permits, five tasks", async () => {
  const trace = await traceOf(function* (say) {
    const semaphore = new Semaphore(2);
    const counts = [2, 1, 1, 0, 1];
    const tasks = counts.map((count, index) => createTask(holding(semaphore, "abcde"[index] ?? "", count, say)));
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual([
    ...["1 a in", "1 b in", "2 b out", "3 a out", "3 c in", "4 d in"],
    ...["4 d out", "4 c out", "5 e in", "6 e out", "7 main"],
  ]);
});

test("Semaphore: a late acquire waits behind those that two releases have woken", async () => {
  const trace = await traceOf(function* (say) {
    const semaphore = new Semaphore(1);
    const taking = coroutine(function* taking(name: string) {
      using _ = yield* semaphore.acquire();
      say(name);
    });
    yield* semaphore.acquire();
    const tasks = [createTask(taking("a")), createTask(taking("b"))];
    yield* iterations(2);
    semaphore.release();
    semaphore.release();
    say("released twice");
    yield* semaphore.acquire();
    say("main");
    for (const task of tasks) yield* task;
    say("end");
  });
  expect(trace).toEqual(["2 released twice", "3 a", "3 b", "4 main", "4 end"]);
});

test("Condition: those that were notified take the lock one after the other", async () => {
  const trace = await traceOf(function* (say) {
    const condition = new Condition();
    const waiting = coroutine(function* waiting(name: string) {
      {
        using _ = yield* condition.acquire();
        say(`${name} waits`);
        yield* condition.wait();
        say(`${name} woke`);
      }
      say(`${name} out`);
    });
    const [, b, c] = [createTask(waiting("a")), createTask(waiting("b")), createTask(waiting("c"))] as const;
    yield* iterations(2);
    {
      using _ = yield* condition.acquire();
      condition.notify(2);
      say("notify 2");
      yield* sleep(0);
      say("still in");
    }
    say("released");
    yield* b;
    say("main b");
    {
      using _ = yield* condition.acquire();
      condition.notifyAll();
      say("notify all");
    }
    yield* c;
    say("main c");
  });
  expect(trace).toEqual([
    ...["1 a waits", "1 b waits", "1 c waits", "2 notify 2", "3 still in", "3 released"],
    ...["4 a woke", "4 a out", "5 b woke", "5 b out", "6 main b", "6 notify all"],
    ...["7 c woke", "7 c out", "8 main c"],
  ]);
});

test("Event: all waiters go on one iteration after set", async () => {
  const trace = await traceOf(function* (say) {
    const event = new Event();
    const waiting = coroutine(function* waiting(name: string) {
      yield* event.wait();
      say(name);
    });
    const [, b] = [createTask(waiting("a")), createTask(waiting("b"))] as const;
    yield* sleep(0);
    event.set();
    say("set");
    yield* event.wait();
    say("main at once");
    yield* b;
    say("main b");
  });
  expect(trace).toEqual(["1 set", "1 main at once", "2 a", "2 b", "3 main b"]);
});

test("Queue: a producer and a consumer through one place take turns", async () => {
  const trace = await traceOf(function* (say) {
    const queue = new Queue<number>({ maxSize: 1 });
    const producer = coroutine(function* producer() {
      for (const item of [0, 1, 2]) {
        yield* queue.put(item);
        say(`put ${item}`);
      }
    });
    const consumer = coroutine(function* consumer() {
      for (let index = 0; index < 3; index++) say(`got ${yield* queue.get()}`);
    });
    const [first, second] = [createTask(producer()), createTask(consumer())] as const;
    yield* first;
    say("main p");
    yield* second;
    say("main g");
  });
  expect(trace).toEqual([
    ...["1 put 0", "1 got 0", "2 put 1", "3 got 1", "4 put 2", "5 got 2"],
    ...["5 main p", "5 main g"],
  ]);
});

test("Queue: two waiting getters have their items one iteration after the puts", async () => {
  const trace = await traceOf(function* (say) {
    const queue = new Queue<number>();
    const tasks = [createTask(getting(queue, "a", say)), createTask(getting(queue, "b", say))];
    yield* iterations(2);
    queue.putNowait(1);
    queue.putNowait(2);
    say("put two");
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual(["2 put two", "3 a got 1", "3 b got 2", "4 main"]);
});

test("Queue: a newcomer takes what is there; the getter that was woken for it waits again, at the end of the line", async () => {
  const trace = await traceOf(function* (say) {
    const queue = new Queue<number>();
    const tasks = [createTask(getting(queue, "a", say)), createTask(getting(queue, "b", say))];
    yield* iterations(2);
    queue.putNowait(1);
    say(`main got ${yield* queue.get()}`);
    yield* iterations(3);
    queue.putNowait(2);
    queue.putNowait(3);
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual(["2 main got 1", "6 b got 2", "6 a got 3", "7 main"]);
});

test("Queue.join: all who join go on one iteration after the last taskDone", async () => {
  const trace = await traceOf(function* (say) {
    const queue = new Queue<number>();
    queue.putNowait(0);
    queue.putNowait(1);
    const worker = coroutine(function* worker() {
      for (;;) {
        const item = yield* queue.get();
        yield* sleep(0);
        queue.taskDone();
        say(`done ${item}`);
      }
    });
    const joining = coroutine(function* joining(name: string) {
      yield* queue.join();
      say(`${name} joined`);
    });
    const working = createTask(worker());
    const [, b] = [createTask(joining("a")), createTask(joining("b"))] as const;
    yield* b;
    say("main");
    working.cancel();
  });
  expect(trace).toEqual(["2 done 0", "3 done 1", "4 a joined", "4 b joined", "5 main"]);
});

test("Queue.shutdown: the getter that has an item keeps it, the other learns of the end in the same iteration", async () => {
  const trace = await traceOf(function* (say) {
    const queue = new Queue<number>({ maxSize: 1 });
    const tasks = [createTask(getting(queue, "a", say)), createTask(getting(queue, "b", say))];
    yield* iterations(2);
    queue.putNowait(1);
    queue.shutdown();
    say("shutdown");
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual(["2 shutdown", "3 a got 1", "3 b shut down", "4 main"]);
});

test("Barrier: the last to arrive goes on at once, the others after it, one after the other through the lock", async () => {
  const trace = await traceOf(function* (say) {
    const barrier = new Barrier(3);
    const party = coroutine(function* party(name: string, count: number) {
      yield* iterations(count);
      say(`${name} ${yield* barrier.wait()}`);
    });
    const tasks = [createTask(party("a", 0)), createTask(party("b", 1)), createTask(party("c", 3))];
    for (const task of tasks) yield* task;
    say("main");
  });
  expect(trace).toEqual(["4 c 2", "5 a 0", "5 b 1", "6 main"]);
});
