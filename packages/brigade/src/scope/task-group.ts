/** Tasks with an owner: a group ends when its body and every child have ended. */
import { CancelledError, ExceptionGroup, InvalidStateError } from "../errors.ts";
import { drivable, frameOf, lateFrame } from "../task/body.ts";
import { coroutine } from "../task/coroutine.ts";
import { spawn } from "../task/event-loop.ts";
import { current, type Drivable, type Frame, type RunningTask, type Scope } from "../task/frame.ts";
import type { FutureBase, Watcher } from "../task/future.ts";
import type { TaskHome } from "../task/home.ts";
import { Leaf } from "../task/leaf.ts";
import type { TaskImpl } from "../task/task.ts";
import type { Awaitable, AwaitableLike, CoroutineBody, Task, TaskOptions } from "../types.ts";

/** What the body of `taskGroup` starts children with (asyncio.TaskGroup). */
export interface TaskGroup {
  /** Starts a child. Throws `InvalidStateError` when the group has ended; while it is cancelled, the child never starts. */
  createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T>;
  /** Cancels the children, and those added later. The body goes on, and the group does not fail. */
  cancelChildren(): void;
}

type State =
  | "open" // children start
  | "cancelling" // children are cancelled, those that are added too
  | "closed"; // no child is left

class Group implements TaskGroup, Scope, Watcher {
  readonly shields = false;
  requested = false; // a child failed, and the body has to unwind
  readonly body: Frame;
  readonly #function: (group: TaskGroup) => AwaitableLike<unknown>;
  readonly children: Set<TaskImpl<unknown>> = new Set<TaskImpl<unknown>>(); // unfinished, in the order they were made
  readonly #errors: unknown[] = []; // in the order they happened
  readonly childless: Childless = new Childless(this);
  #state: State = "open";
  #task: RunningTask | undefined;
  #bodyRuns = false;
  #cancelled: CancelledError | undefined; // the body awaited something cancelled, and did not catch that

  constructor(body: (group: TaskGroup) => AwaitableLike<unknown>) {
    this.#function = body;
    this.body = lateFrame(this, "taskGroup");
  }

  createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T> {
    const root = frameOf(body, "TaskGroup.createTask");
    if (this.#state === "closed" || this.#task === undefined) {
      throw new InvalidStateError(`createTask: the task group has ended; "${root.name}" was not started`);
    }
    const lazily = this.#isCancelling() ? { ...options, eager: false } : options;
    const child = spawn<T>(this.#task.loop as TaskHome, root, lazily, current ?? this.#task);
    this.children.add(child);
    if (child.done) this.completed(child);
    else child.watch(this);
    if (this.#isCancelling()) child.cancel(); // an eager child may have seen to that itself
    return child;
  }

  /** Whether it has cancelled its children, or is about to: its task was asked to unwind beyond it. */
  #isCancelling(): boolean {
    return this.#state === "cancelling" || this.#task?.mayUnwind(this.body.parent) === true;
  }

  cancelChildren(): void {
    if (this.#state === "open") this.#state = "cancelling";
    for (const child of [...this.children]) child.cancel();
  }

  /** A child has ended. */
  completed(child: FutureBase<unknown>): void {
    this.children.delete(child as TaskImpl<unknown>);
    if (child.failed) this.fail(child.thrown());
    if (this.children.size === 0) this.childless.tell(child);
  }

  counts(child: FutureBase<unknown>): boolean {
    return !child.failed;
  }

  /** Ends the group because of the error. */
  fail(error: unknown): void {
    this.#errors.push(error);
    this.cancelChildren();
    if (!this.#bodyRuns || this.requested) return;
    this.requested = true;
    this.#task?.requestUnwinding(this);
  }

  /** The body has thrown. */
  bodyFailed(error: unknown): void {
    if (error instanceof CancelledError) {
      this.#cancelled = error;
      this.cancelChildren();
    } else this.fail(error);
  }

  get busy(): boolean {
    return this.children.size > 0;
  }

  /** No child is left. Throws what the group has to tell. */
  close(): void {
    this.#state = "closed";
    if (this.#errors.length > 0)
      throw new ExceptionGroup(`${this.#errors.length} of the tasks in a task group failed`, this.#errors);
    if (this.#cancelled) throw this.#cancelled;
  }

  entered(task: RunningTask): Drivable {
    this.#task = task;
    this.#bodyRuns = true;
    return drivable(frameOf(this.#function(this), "taskGroup"));
  }

  left(task: RunningTask): void {
    this.#bodyRuns = false;
    if (this.requested) task.withdrawRequest();
  }

  absorb(errors: unknown[]): void {
    this.#errors.push(...errors.splice(0));
  }

  unwound(): undefined {
    return undefined;
  }
}

/** Waits until a group has no child. */
class Childless extends Leaf<void> {
  readonly #group: Group;
  constructor(group: Group) {
    super();
    this.#group = group;
  }

  get kind(): string {
    return "taskGroup";
  }

  /** The children that have not ended. */
  get waitsForTasks(): readonly FutureBase<unknown>[] {
    return [...this.#group.children];
  }

  /** `last`: the child that has just ended. */
  tell(last: FutureBase<unknown>): void {
    this.task?.wake(last.completer);
  }

  protected start(): boolean {
    return !this.#group.busy;
  }

  protected finish(): void {}
  protected unwind(): void {}
}

const runGroup = /* @__PURE__ */ coroutine(function* taskGroup(group: Group): CoroutineBody<unknown> {
  let value: unknown;
  try {
    try {
      value = yield* group.body;
    } catch (error) {
      group.bodyFailed(error);
    }
    while (group.busy) yield* group.childless;
  } finally {
    if (group.busy) group.cancelChildren(); // only when unwound
    while (group.busy) yield* group.childless;
    group.close();
  }
  return value;
});

/**
 * Runs the body with a group that owns the tasks it starts, and ends when the body and every child have ended
 * (asyncio.TaskGroup). The first child to fail unwinds the body and cancels the other children; when all have ended, an
 * `ExceptionGroup` of every error is thrown, in the order they happened. A child that is cancelled on its own does not
 * fail the group. Cancelling the task around cancels the children and waits for them.
 *
 * @example
 * ```ts
 * import { run, sleep, taskGroup } from "brigade";
 *
 * const sum = await run(() =>
 *   taskGroup(function* (group) {
 *     const a = group.createTask(sleep("10ms", 1));
 *     const b = group.createTask(sleep("10ms", 2));
 *     return (yield* a) + (yield* b);
 *   }),
 * );
 * console.log(sum);
 * ```
 */
export function taskGroup<T>(body: (group: TaskGroup) => AwaitableLike<T>): Awaitable<T> {
  if (typeof body !== "function") throw new TypeError(`taskGroup takes a function of the group, not ${typeof body}`);
  return runGroup(new Group(body)) as Awaitable<unknown> as Awaitable<T>;
}
