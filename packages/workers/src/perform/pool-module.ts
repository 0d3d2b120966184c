/** In a process of a worker's pool: runs attempts, one at a time, and sends their progress and their result. */
import { run } from "brigade";
import { workerSignal } from "brigade/node";
import { decode, encode } from "../codec.ts";
import { functionOf, isAwaitable, settled } from "../task/task.ts";
import { type CurrentJob, setProcessAttempt } from "./current-job.ts";
import { loadTasks, type Registry, taskOf } from "./registry.ts";

/** What comes of an attempt, in this order: progress, then the result. Texts of the codec. */
export type FromAttempt = readonly ["progress", string] | readonly ["value", string];

const loaded = new Map<string, Promise<Registry>>();

function tasksOf(address: string): Promise<Registry> {
  let tasks = loaded.get(address);
  if (tasks === undefined) loaded.set(address, (tasks = loadTasks(address)));
  return tasks;
}

/** Progress that waits to be sent. */
class Outbox {
  #items: string[] = [];
  #wake: (() => void) | undefined;

  readonly put = (value: string): void => {
    this.#items.push(value);
    this.wake();
  };

  readonly wake = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };

  take(): string[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  filled(): Promise<void> {
    if (this.#items.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Runs an attempt of the module's task. Throws what the task throws. */
export async function* attempt(address: string, job: CurrentJob, args: string): AsyncGenerator<FromAttempt> {
  const task = taskOf(await tasksOf(address), job.task);
  const body = functionOf(task) as (...args: readonly unknown[]) => unknown;
  const outbox = new Outbox();
  setProcessAttempt({ job, report: (value) => outbox.put(encode(value, `the progress of ${job.task}`)) });
  try {
    let ended = false;
    const result = resultOf(body, decode(args) as readonly unknown[]).finally(() => {
      ended = true;
      outbox.wake();
    });
    result.catch(() => {}); // it is awaited when the progress before it has been sent
    while (!ended) {
      await outbox.filled();
      for (const item of outbox.take()) yield ["progress", item];
    }
    const value = await result;
    for (const item of outbox.take()) yield ["progress", item];
    yield ["value", encode(value, `the result of ${job.task}`)];
  } finally {
    setProcessAttempt(undefined);
  }
}

async function resultOf(body: (...args: readonly unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  const gave = body(...args);
  if (!isAwaitable(gave)) return await gave;
  return await run(settled(gave), { signal: workerSignal() });
}
