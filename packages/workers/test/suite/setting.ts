/** What the claims stand on: a place for jobs, a folder for traces of effects, a worker beside the test or in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type Awaitable, type CoroutineBody, coroutine, createTask, Event, run, sleep, use } from "brigade";
import { type Job, type Workers, worker, type WorkerEvent, workers } from "@brigade/workers";
import type { Kind, Place } from "./kinds.ts";

const TASKS = new URL("./tasks.ts", import.meta.url);
const PROGRAM = new URL("./programs/serve.ts", import.meta.url).pathname;
let queues = 0;

export interface Beside {
  readonly w: Workers;
  readonly queue: string;
  readonly events: WorkerEvent[];
  /** Ends the worker gently, and waits for that. */
  readonly stop: () => Awaitable<void>;
}

export interface WorkerSettings {
  readonly concurrency?: number;
  readonly grace?: number;
  readonly lease?: number;
}

export class Setting {
  readonly kind: Kind;
  readonly #processes = new Set<ChildProcess>();
  #place: Place | undefined;
  #folder = "";

  constructor(kind: Kind) {
    this.kind = kind;
    beforeAll(async () => {
      this.#folder = mkdtempSync(join(tmpdir(), "brigade-suite-"));
      this.#place = await kind.start();
    }, 60_000);
    afterEach(async () => {
      await Promise.all([...this.#processes].map((child) => this.kill(child)));
    });
    afterAll(async () => {
      await this.#place?.stop();
      rmSync(this.#folder, { recursive: true, force: true });
    }, 30_000);
  }

  get place(): Place {
    if (this.#place === undefined) throw new Error("the place is there once the tests run");
    return this.#place;
  }

  /** A file or folder's path that nobody has used. */
  path(name: string): string {
    return join(this.#folder, `${name}-${queues++}`);
  }

  queue(): string {
    return `q${process.pid}-${queues++}`;
  }

  /** Runs a body with a queue of its own, and no worker. */
  connected<T>(body: (w: Workers, queue: string) => CoroutineBody<T>, queue: string = this.queue()): Promise<T> {
    const bodyOf = coroutine(body);
    return run(use(workers({ engine: this.place.engine, queue }), (w) => bodyOf(w, queue)));
  }

  /** Within a run: a body with a connection of its own. */
  elsewhere<T>(body: (w: Workers) => CoroutineBody<T>, queue: string = this.queue()): Awaitable<T> {
    const bodyOf = coroutine(body);
    return use(workers({ engine: this.place.engine, queue }), (w) => bodyOf(w));
  }

  /** Runs a body with a worker beside it. */
  served<T>(body: (beside: Beside) => CoroutineBody<T>, settings: WorkerSettings = {}): Promise<T> {
    const { place, kind } = this;
    const bodyOf = coroutine(body);
    return this.connected(function* serving(w: Workers, queue: string): CoroutineBody<T> {
      const events: WorkerEvent[] = [];
      const stop = new Event();
      const options = {
        engine: place.engine,
        queue,
        stop,
        lease: kind.lease,
        grace: 1_000,
        concurrency: 4,
        ...settings,
      };
      const task = createTask(worker(TASKS, { ...options, onEvent: (event) => events.push(event) }));
      const stopped = coroutine(function* stopped(): CoroutineBody<void> {
        stop.set();
        yield* task;
      });
      try {
        return yield* bodyOf({ w, queue, events, stop: stopped });
      } finally {
        yield* stopped();
      }
    });
  }

  /** Starts a worker in a process of its own; ready when the promise is done. */
  async worker(queue: string, settings: WorkerSettings = {}): Promise<ChildProcess> {
    const options = { queue, concurrency: 4, lease: this.kind.lease, grace: 1_000, ...settings };
    const args = ["--conditions=@brigade/source", PROGRAM, this.place.text, JSON.stringify(options)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("exit", (code, signal) => reject(new Error(`the worker ended: ${code ?? signal}`)));
    });
    return child;
  }

  async kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }
}

/** Waits until it is so; a deadline of half a minute keeps a defect from hanging the test. */
export const until: (what: string, holds: () => Awaitable<boolean> | boolean) => Awaitable<void> = coroutine(
  function* until(what: string, holds: () => Awaitable<boolean> | boolean): CoroutineBody<void> {
    for (let round = 0; round < 600; round++) {
      const held = holds();
      if (typeof held === "boolean" ? held : yield* held) return;
      yield* sleep(50);
    }
    throw new Error(`it did not come to pass: ${what}`);
  },
);

/** Whether a job is in a state. */
export const isIn: (job: Job<unknown>, state: string) => Awaitable<boolean> = coroutine(function* isIn(
  job: Job<unknown>,
  state: string,
): CoroutineBody<boolean> {
  return (yield* job.state()) === state;
});

/** What a task has written; "" before it has. */
export function written(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
