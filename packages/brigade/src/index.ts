/** The public names of "brigade". */
export { currentSignal, toPromise } from "./border/to-promise.ts";
export { type CallbackReply, fromCallback, type StopCallback } from "./border/from-callback.ts";
export { fromPromise } from "./border/from-promise.ts";
export { Runner, run } from "./border/run.ts";
export { type Duration, milliseconds } from "./duration.ts";
export {
  BrokenBarrierError,
  CancelledError,
  DeadlockError,
  ExceptionGroup,
  InvalidStateError,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  suppressed,
  TimeoutError,
} from "./errors.ts";
export { ContextVar, copyContext } from "./kernel/context.ts";
export { collect } from "./flow/collect.ts";
export { forEach } from "./flow/for-each.ts";
export { mapStream } from "./flow/map-stream.ts";
export type { Source } from "./flow/source.ts";
export { type Stream, stream } from "./flow/stream.ts";
export { type AsyncContextManager, contextManager, type Ending, type Usable, use } from "./flow/use.ts";
export { asCompleted } from "./many/as-completed.ts";
export { type GatherOptions, gather } from "./many/gather.ts";
export { race } from "./many/race.ts";
export { type WaitOptions, wait } from "./many/wait.ts";
export { shield } from "./scope/shield.ts";
export { type TaskGroup, taskGroup } from "./scope/task-group.ts";
export { moveOnAfter, timeout, timeoutAt } from "./scope/timeout.ts";
export { Barrier } from "./sync/barrier.ts";
export { Condition } from "./sync/condition.ts";
export { Event } from "./sync/event.ts";
export { Lock } from "./sync/lock.ts";
export type { Acquirable, Permit } from "./sync/permit.ts";
export { LifoQueue, PriorityQueue, Queue } from "./sync/queue.ts";
export { BoundedSemaphore, Semaphore } from "./sync/semaphore.ts";
export { coroutine } from "./task/coroutine.ts";
export { allTasks, createTask, currentTask, getRunningLoop } from "./task/event-loop.ts";
export { sleep, sleepUntil } from "./task/sleep.ts";
export type {
  Awaitable,
  AwaitableLike,
  Clock,
  Context,
  Coroutine,
  CoroutineBody,
  EventLoop,
  FrameInfo,
  Future,
  Handle,
  LoopObserver,
  LoopTime,
  Report,
  Result,
  RunOptions,
  ScopeBody,
  SettableFuture,
  Suspension,
  Task,
  TaskOptions,
  TimeoutScope,
  WaitInfo,
} from "./types.ts";
