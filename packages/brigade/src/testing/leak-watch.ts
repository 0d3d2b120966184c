/** Sees what a loop's program takes and does not give back: tasks, timers, waiters, permits, abort listeners. */
import { runningLoop } from "../kernel/loop.ts";
import { UNSET } from "../kernel/timers.ts";
import { addWitness, removeWitness, type Witness } from "../kernel/witness.ts";
import type { TaskLoop } from "../task/event-loop.ts";
import { current, type Frame } from "../task/frame.ts";
import type { FutureBase } from "../task/future.ts";
import type { TaskImpl } from "../task/task.ts";
import { programPlace } from "../task/trace.ts";
import type { SettableFuture } from "../types.ts";
import { AbortListeners } from "./abort-listeners.ts";

/** The program has ended, and something that it took is left. */
export class LeakError extends Error {
  override readonly name: string = "LeakError";
  /** A line for each thing that is left. */
  readonly leaks: readonly string[];

  constructor(leaks: readonly string[], options?: ErrorOptions) {
    super(`the program has ended, and this is left:\n${leaks.map((leak) => `  ${leak}`).join("\n")}`, options);
    this.leaks = leaks;
  }
}

/** The permits of one lock or semaphore. */
interface Account {
  held: number;
  /** Who took each, in order; of the loop that is watched alone. */
  readonly takers: string[];
}

export class LeakWatch implements Witness {
  readonly #loop: TaskLoop;
  readonly #places: boolean;
  readonly #accounts = new Map<object, Account>();
  readonly #futures: FutureBase<unknown>[] = [];
  readonly #listeners: AbortListeners;
  readonly #leaks: string[] = [];

  /** With `places` it says where something was taken, which costs some microseconds each time. */
  constructor(loop: TaskLoop, places: boolean) {
    this.#loop = loop;
    this.#places = places;
    this.#listeners = new AbortListeners(() => this.#who());
    addWitness(this);
    const create = loop.createFuture.bind(loop);
    loop.createFuture = <T>(): SettableFuture<T> => {
      const future = create<T>();
      this.#futures.push(future as unknown as FutureBase<unknown>);
      return future;
    };
  }

  #who(): string {
    const task = current as TaskImpl<unknown> | undefined;
    const place = this.#places ? programPlace() : undefined;
    return (task ? ` by task "${task.name}"` : "") + (place === undefined ? "" : ` at ${place}`);
  }

  acquired(owner: object): void {
    const account = this.#account(owner);
    account.held++;
    if (runningLoop === this.#loop) account.takers.push(this.#who());
  }

  released(owner: object): void {
    this.#account(owner).held--;
  }

  lent(signal: AbortSignal): void {
    this.#listeners.lent(signal);
  }

  #account(owner: object): Account {
    let account = this.#accounts.get(owner);
    if (!account) this.#accounts.set(owner, (account = { held: 0, takers: [] }));
    return account;
  }

  /** Main has ended, and nothing was cancelled yet: notes the tasks and timers that are left. */
  mainEnded(): void {
    let timers = this.#loop.timersSet;
    for (const task of this.#loop.allTasks() as ReadonlySet<TaskImpl<unknown>>) {
      const { awaiting } = task;
      const label = awaiting?.label === undefined ? "" : ` "${awaiting.label}"`;
      this.#leaks.push(
        `task "${task.name}" has not ended; it ${awaiting ? `waits for ${awaiting.kind}${label}` : "has not started"}`,
      );
      timers -= timersOf(task);
    }
    if (timers > 0) this.#leaks.push(timers === 1 ? "a timer is set" : `${timers} timers are set`);
  }

  /** The loop is closed: what is left altogether, if there is something. */
  error(options?: ErrorOptions): LeakError | undefined {
    const leaks = [...this.#leaks];
    for (const future of this.#futures) {
      if (!future.done && future.watchers !== undefined)
        leaks.push("somebody waits for a future that was never completed");
    }
    for (const [owner, { held, takers }] of this.#accounts) {
      const taken = takers.slice(-held);
      if (held > 0 && taken.length > 0) {
        leaks.push(
          `${permits(taken.length)} of a ${owner.constructor.name} not released; acquired${taken.join(", and")}`,
        );
      }
    }
    for (const where of this.#listeners.left) leaks.push(`an abort listener was not removed; added${where}`);
    return leaks.length > 0 ? new LeakError(leaks, options) : undefined;
  }

  stop(): void {
    this.#listeners.stop();
    removeWitness(this);
  }
}

function permits(count: number): string {
  return count === 1 ? "a permit" : `${count} permits`;
}

/** Timers that go with the task: of what it waits for, and of the timeouts around that. */
function timersOf(task: TaskImpl<unknown>): number {
  let timers = isSet(task.awaiting) ? 1 : 0;
  for (let frame: Frame | undefined = task.top; frame; frame = frame.parent) if (isSet(frame.scope)) timers++;
  return timers;
}

function isSet(what: object | undefined): boolean {
  return what !== undefined && "sequence" in what && what.sequence !== UNSET;
}
