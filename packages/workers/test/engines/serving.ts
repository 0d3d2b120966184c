/** Jobs and workers of tests, on an open broker. */
import { randomUUID } from "node:crypto";
import {
  type Awaitable,
  type AwaitableLike,
  coroutine,
  type CoroutineBody,
  createTask,
  Event,
  run,
  sleep,
  timeout,
  use,
} from "brigade";
import type { Broker, Claim, Engine, JobEnd, NewJob, Outcome } from "../../src/engine/engine.ts";

let queues = 0;

/** Runs on a queue of its own. */
export function onQueue<T>(
  engine: Engine,
  body: (broker: Broker, queue: string) => AwaitableLike<T>,
  keep: number = 60_000,
): Promise<T> {
  const queue = `queue-${++queues}`;
  return run(use(engine.open({ queue, keep, trouble: () => {} }), (broker) => body(broker, queue)));
}

export function job(args: string, rest: Partial<NewJob> = {}): NewJob {
  return { id: randomUUID(), payload: { task: "work", args }, priority: 0, delay: 0, ...rest };
}

/** Waits for the end of a job. */
export const endOf: (broker: Broker, id: string) => Awaitable<JobEnd | undefined> = coroutine(function* (
  broker: Broker,
  id: string,
): CoroutineBody<JobEnd | undefined> {
  const ended = new Event();
  let how: JobEnd | undefined;
  const stop = broker.watch(id, {
    progress: () => {},
    ended: (end) => {
      how = end;
      ended.set();
    },
  });
  try {
    yield* timeout("60s", ended.wait());
    return how;
  } finally {
    stop();
  }
});

/** Runs the body while a worker serves; the worker ends gently after it. */
export function whileServing<T>(
  broker: Broker,
  perform: (claim: Claim) => Awaitable<Outcome>,
  body: () => AwaitableLike<T>,
  concurrency: number = 4,
): Awaitable<T> {
  return serving(broker, perform, body, concurrency) as Awaitable<unknown> as Awaitable<T>;
}

const serving = coroutine(function* (
  broker: Broker,
  perform: (claim: Claim) => Awaitable<Outcome>,
  body: () => AwaitableLike<unknown>,
  concurrency: number,
): CoroutineBody<unknown> {
  const stopping = new Event();
  const worker = createTask(broker.consume({ concurrency, lease: 1_000, stopping }, perform));
  try {
    return yield* createTask(body());
  } finally {
    stopping.set();
    yield* worker;
  }
});

export const completed: (claim: Claim) => Awaitable<Outcome> = coroutine(function* (
  claim: Claim,
): CoroutineBody<Outcome> {
  yield* sleep(0);
  return { kind: "completed", value: claim.payload.args };
});
