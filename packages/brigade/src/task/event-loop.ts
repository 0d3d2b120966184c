/** The public event loop: the kernel's loop, with tasks. */
import { InvalidStateError } from "../errors.ts";
import { type ContextCopy, values } from "../kernel/context.ts";
import { keepShape } from "../kernel/shapes.ts";
import { runningLoop } from "../kernel/loop.ts";
import type { AwaitableLike, EventLoop, SettableFuture, Task, TaskOptions } from "../types.ts";
import { frameOf } from "./body.ts";
import { current, type Frame, mayNest, noteLearnt, type RunningTask } from "./frame.ts";
import { PlainFuture } from "./future.ts";
import { TaskHome } from "./home.ts";
import { noteSpawnSite } from "./spawn-sites.ts";
import { keepStores } from "./stores.ts";
import { TaskImpl } from "./task.ts";

export class TaskLoop extends TaskHome implements EventLoop {
  createFuture<T>(): SettableFuture<T> {
    return new PlainFuture<T>(this);
  }

  createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): TaskImpl<T> {
    const root = frameOf(body, "createTask");
    if (this.closed) throw new InvalidStateError("createTask: this event loop is closed; its run has ended");
    return spawn<T>(this, root, options);
  }

  allTasks(): ReadonlySet<Task<unknown>> {
    this.expandAll();
    return new Set(this.unfinished() as Iterable<TaskImpl<unknown>>);
  }
}

keepShape(new TaskImpl(new TaskLoop(), undefined, ""));

/** Makes a task that runs the claimed frame: soon, or at once if it is eager. `maker`: the task that it is made for. */
export function spawn<T>(
  loop: TaskHome,
  root: Frame,
  options?: TaskOptions,
  maker: RunningTask | undefined = current,
): TaskImpl<T> {
  const context = options?.context as ContextCopy | undefined;
  const task = new TaskImpl<T>(loop, root, options?.name ?? loop.nextNumber(), context ?? values);
  loop.add(task);
  if (loop.debug) noteSpawnSite(task, current);
  if (loop.storesPerTask) keepStores(task);
  loop.observer?.taskCreated(task, maker as TaskImpl<unknown> | undefined);
  if (options?.eager && mayNest() && runningLoop === loop) task.startNow();
  else loop.schedule(task);
  return task;
}

/** The loop whose turn it is; throws `InvalidStateError` outside `run` (asyncio.get_running_loop). */
export function getRunningLoop(): EventLoop {
  return runningTaskLoop();
}

/** The same, as the runtime knows it. */
export function runningTaskLoop(): TaskLoop {
  if (runningLoop === undefined) throw new InvalidStateError("no event loop is running here: use run()");
  return runningLoop as TaskLoop;
}

/**
 * Starts a task that runs the body beside its creator; it is owned by `run`, which cancels and awaits it when main
 * ends. Runs nothing itself, unless `eager`: the first step comes in the next iteration (asyncio.create_task). Throws
 * `TypeError` for what can't be awaited.
 */
export function createTask<T>(body: AwaitableLike<T>, options?: TaskOptions): Task<T> {
  return runningTaskLoop().createTask(body, options);
}

/** The task that runs this code; throws `InvalidStateError` outside tasks, in callbacks for instance. */
export function currentTask(): Task<unknown> {
  if (current === undefined) throw new InvalidStateError("no task is running here");
  noteLearnt();
  return current as TaskImpl<unknown>;
}

/** The unfinished tasks of the running loop, in the order they were made. */
export function allTasks(): ReadonlySet<Task<unknown>> {
  return runningTaskLoop().allTasks();
}
