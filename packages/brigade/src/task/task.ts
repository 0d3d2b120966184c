/**
 * A task drives a stack of coroutine frames, one step at a time. A step resumes the innermost frame or, when the task
 * or a scope on its stack was asked to end, unwinds it: `return()` on one frame after the other, innermost first, each
 * cleanup running to its end before the caller's begins. Plain nested generators get this wrong (docs/adr/0002).
 */
import { CancelledError } from "../errors.ts";
import { ContextCopy, enterContext, type Values, values } from "../kernel/context.ts";
import type { Observer } from "../kernel/observer.ts";
import type { FrameInfo, Task } from "../types.ts";
import { errorsFor, keepErrors, oneOf } from "./cleanup-errors.ts";
import { watchedStep } from "./debug.ts";
import {
  type Awaited,
  begin,
  call,
  CLAIMED,
  current,
  end,
  ENDED,
  type Frame,
  handOver,
  type RunningTask,
  type Scope,
  settle,
  stackFrom,
  switchTo,
  takeCall,
  UNWINDING,
} from "./frame.ts";
import { CANCELLED, FAILED, FINISHED, FutureBase, PENDING, type Watcher } from "./future.ts";
import type { Listed, TaskHome } from "./home.ts";
import { fireSignals } from "./signals.ts";
import { withStores } from "./stores.ts";
import { isSuspension, RESUME, returned } from "./suspension.ts";
import { traced } from "./trace.ts";

// Bits of `flags`, beside SEEN.
const ASKED = 2; // what it waits for was asked to end
const CANCEL = 4; // it was asked to end: counted as a REQUEST, and `value` is the reason
const UNKNOWN = 8; // nobody has learnt of it in its first step: its end is told to nobody
/** One of the scopes on its stack that want to be unwound, or the task itself: how many there are stands above the bits. */
const REQUEST = 16;

// Where an unfinished task is.
const READY = 0; // in the ready queue
const STEPPING = 1;
const WAITING = 2; // what it awaits will wake it

// What the driver does to a frame.
const START = 0;
const GO_ON = 1;
const UNWIND = 2;

export class TaskImpl<T> extends FutureBase<T> implements Task<T>, RunningTask, Watcher, Listed {
  declare readonly loop: TaskHome;
  top: Frame | undefined;
  awaiting: Awaited | undefined = undefined;
  previous: Listed | undefined = undefined;
  following: Listed | undefined = undefined;
  /** What the loop's `noteKeeper` keeps with the task: a number, which means something to nobody else. */
  notes = -1;
  #context: Values | ContextCopy; // what its code sees, between steps
  #place: 0 | 1 | 2 = READY;
  #label: string | number;

  /** The root has been claimed. The first step comes when the task is run. */
  constructor(loop: TaskHome, root: Frame | undefined, label: string | number, context?: Values | ContextCopy) {
    super(loop);
    this.top = root;
    this.#label = label;
    this.#context = context;
  }

  get kind(): string {
    return "task";
  }

  get label(): string {
    return this.name;
  }

  get subject(): object {
    return this;
  }

  /** The name it was given, or its number. */
  get givenName(): string | number {
    return this.#label;
  }

  override get completer(): unknown {
    return this;
  }

  get name(): string {
    return typeof this.#label === "string" ? this.#label : `Task-${this.#label}`;
  }

  set name(name: string) {
    this.#label = String(name);
  }

  /** Where it is in its life, for whoever looks in from outside. */
  get progress(): "ready" | "running" | "waiting" | "done" {
    if (this.outcome !== PENDING) return "done";
    return this.#place === READY ? "ready" : this.#place === STEPPING ? "running" : "waiting";
  }

  get asked(): boolean {
    return (this.flags & ASKED) !== 0;
  }

  get cancelRequested(): boolean {
    return (this.flags & CANCEL) !== 0;
  }

  get unwinding(): boolean {
    return this.top?.state === UNWINDING;
  }

  cancel(reason?: unknown): boolean {
    if (!this.#requestCancel(reason)) return false;
    this.#unwindIfWaiting();
    return true;
  }

  #requestCancel(reason: unknown): boolean {
    if (this.outcome !== PENDING || this.cancelRequested) return false;
    this.flags |= CANCEL;
    this.value = reason;
    this.flags += REQUEST;
    this.loop.observer?.cancelRequested(this, current as TaskImpl<unknown> | undefined);
    fireSignals(this, this, reason);
    return true;
  }

  requestUnwinding(scope: Scope): void {
    this.flags += REQUEST;
    fireSignals(this, scope, undefined);
    this.#unwindIfWaiting();
  }

  withdrawRequest(): void {
    this.flags -= REQUEST;
    if (this.flags < REQUEST) this.flags &= ~ASKED;
  }

  wake(by?: unknown): void {
    const before = this.#place;
    if (before === READY) return;
    this.#place = READY;
    const { loop } = this;
    if (loop.observer !== undefined && before === WAITING)
      loop.observer.taskWoken(this, (by ?? current) as TaskImpl<unknown> | undefined);
    loop.schedule(this);
  }

  /** What it awaits is done: this is its turn in the ready queue. */
  completed(future: FutureBase<unknown>): void {
    if (this.#place !== WAITING || this.awaiting !== future) return; // it has left, or was given up
    this.loop.observer?.taskWoken(this, future.completer as TaskImpl<unknown> | undefined);
    this.#step();
  }

  override run(): void {
    if (this.outcome !== PENDING) super.run();
    else this.#step();
  }

  /** Runs the first step now, inside the step that runs. */
  startNow(): void {
    this.#step();
  }

  #step(): void {
    this.#place = STEPPING;
    const outer = switchTo(this);
    if (this.#context === undefined && values === undefined && !this.loop.watched) {
      this.#drive();
      if (values !== undefined) this.#context = enterContext(undefined);
    } else if (this.#context !== undefined || values !== undefined || this.loop.watchedClosely) this.#stepInContext();
    else {
      this.#driveObserved(this.loop.observer as Observer);
      if (values !== undefined) this.#context = enterContext(undefined);
    }
    switchTo(outer);
  }

  #stepInContext(): void {
    const context = this.#context;
    const shared = context instanceof ContextCopy ? context : undefined;
    const outer = shared ? shared.enter() : enterContext(context as Values);
    const { observer, watchedClosely } = this.loop;
    if (watchedClosely) withStores(this, () => watchedStep(this, () => this.#drive()));
    else if (observer !== undefined) this.#driveObserved(observer);
    else this.#drive();
    if (shared) shared.leave(outer);
    else this.#context = enterContext(outer);
  }

  #driveObserved(observer: Observer): void {
    observer.stepStarted(this);
    this.#drive();
    observer.stepEnded(this, this.outcome === PENDING ? this.awaiting : undefined, this.#place === READY);
  }

  #drive(): void {
    let frame = this.top as Frame;
    let action: 0 | 1 | 2 = GO_ON;
    if (frame.state === CLAIMED) {
      if (this.cancelRequested) return this.abandon();
      action = START;
      this.top = undefined;
    } else if (this.flags >= REQUEST && this.mayUnwind(frame)) action = UNWIND;
    for (;;) {
      let result: IteratorResult<unknown, unknown> | undefined;
      let error: unknown;
      try {
        result = this.#act(action, frame);
      } catch (thrown) {
        error = traced(thrown);
      }
      if (isSuspension(result)) {
        if (call === undefined) return this.#suspended();
        frame = takeCall();
        action = START;
        continue;
      }
      const parent = frame.parent;
      if (result?.done && frame.scope === undefined && frame.state !== UNWINDING) {
        // The common end: a coroutine has given its value.
        frame.state = ENDED;
        this.top = parent;
        if (parent === undefined) return this.#returned(result.value);
        handOver(result, undefined);
        frame = parent;
        action = GO_ON;
        continue;
      }
      const next = this.#ended(frame, result, error);
      if (next === ENDED) return;
      frame = parent as Frame;
      action = next;
    }
  }

  #act(action: 0 | 1 | 2, frame: Frame): IteratorResult<unknown, unknown> {
    if (action === GO_ON) return frame.generator.next(RESUME);
    if (action === START) {
      begin(frame, this);
      return frame.generator.next();
    }
    frame.state = UNWINDING;
    return frame.generator.return?.(undefined) ?? returned(undefined);
  }

  /** The frame has ended with the result or, without one, with the error. Says what to do with its caller. */
  #ended(frame: Frame, last: IteratorResult<unknown, unknown> | undefined, thrown: unknown): 1 | 2 | typeof ENDED {
    const unwound = frame.state === UNWINDING;
    const { parent, scope } = frame;
    const shielded = scope?.shields === true; // a stream's scope knows that only until it is left
    let result: IteratorReturnResult<unknown> | undefined;
    let error = thrown;
    end(frame, this, unwound || last === undefined);
    if (last !== undefined) {
      try {
        result = unwound && last.done ? returned(undefined) : settle(frame, last);
      } catch (refused) {
        error = refused;
      }
    }
    if (unwound || (shielded && this.flags >= REQUEST && this.mayUnwind(parent))) {
      const errors = unwound ? errorsFor(frame) : [];
      if (result === undefined && !(error instanceof CancelledError)) errors.push(error);
      scope?.absorb?.(errors);
      if (scope === undefined || !scope.requested || this.mayUnwind(parent)) return this.#unwindOn(parent, errors);
      try {
        result = returned(scope.unwound(errors));
      } catch (answer) {
        result = undefined;
        error = answer;
      }
    }
    if (parent !== undefined) {
      handOver(result, error);
      return GO_ON;
    }
    if (result === undefined) this.#fail(error);
    else this.#returned(result.value);
    return ENDED;
  }

  #returned(value: unknown): void {
    if (this.flags & CANCEL) this.#finish(CANCELLED, this.value);
    else this.#finish(FINISHED, value);
  }

  #unwindOn(parent: Frame | undefined, errors: unknown[]): 2 | typeof ENDED {
    if (parent !== undefined) {
      if (errors.length > 0) keepErrors(parent, errors);
      return UNWIND;
    }
    if (errors.length > 0) this.#finish(FAILED, oneOf(errors));
    else this.#finish(CANCELLED, this.value);
    return ENDED;
  }

  #fail(error: unknown): void {
    if (error instanceof CancelledError) this.#finish(CANCELLED, error);
    else this.#finish(FAILED, error);
  }

  /** Ends it where it stands: before its first step, or when its cleanup can never end. */
  abandon(): void {
    if (this.top) this.top.state = ENDED;
    this.#finish(CANCELLED, this.value);
  }

  #finish(outcome: 1 | 2 | 3, value: unknown): void {
    this.top = undefined;
    this.awaiting = undefined;
    if (this.flags & UNKNOWN || this.loop.observer !== undefined) {
      this.outcome = outcome;
      this.value = value;
      this.loop.observer?.taskDone(this);
      if (this.flags & UNKNOWN) return;
    }
    this.#tell(outcome, value);
  }

  /** It has ended: those who wait are told. */
  #tell(outcome: 1 | 2 | 3, value: unknown): void {
    this.complete(outcome, value);
    this.loop.remove(this);
  }

  /**
   * Runs the first step of the frame as this task, of which nobody knows. Where it ends in it, its end is told to nobody
   * before `makeKnown`; where it has `finished`, `reset` takes the value instead.
   */
  startUnknown(root: Frame, label: number, context: Values, maker: RunningTask | undefined): void {
    this.#label = label;
    this.#context = context;
    this.flags = UNKNOWN;
    this.top = root;
    this.loop.observer?.taskCreated(this, maker as TaskImpl<unknown> | undefined);
    this.#step();
  }

  get finished(): boolean {
    return this.outcome === FINISHED;
  }

  /** Takes the value of a task that nobody knows: it can be used again. */
  reset(): unknown {
    const { value } = this;
    this.outcome = PENDING;
    this.value = undefined;
    return value;
  }

  /** It is like any other task from now on, and if it has ended, that is told. */
  makeKnown(): void {
    this.flags &= ~UNKNOWN;
    if (this.outcome !== PENDING) this.#tell(this.outcome, this.value);
  }

  #suspended(): void {
    if (this.#place === STEPPING) this.#place = WAITING;
    if (this.flags < REQUEST) return;
    this.flags &= ~ASKED;
    this.#unwindIfWaiting();
  }

  /** Asks what the task waits for to end; without that, unwinds in a step of its own. */
  #unwindIfWaiting(): void {
    // A loop, not a recursion: tasks may wait for one another in a chain of any length.
    let task: TaskImpl<unknown> = this;
    while (task.#place === WAITING && !task.asked && task.mayUnwind(task.top)) {
      const { awaiting } = task;
      const reason = task.cancelRequested ? task.value : undefined;
      if (awaiting instanceof TaskImpl) {
        if (awaiting.done) return;
        task.flags |= ASKED;
        if (!awaiting.#requestCancel(reason) || awaiting.asked) {
          if (awaiting.#waitsFor(task)) task.wake();
          return;
        }
        task = awaiting;
      } else {
        if (awaiting?.askToEnd === undefined) task.wake();
        else {
          // Marked first: what is asked may cancel this very task once more, where tasks wait for one another in a circle.
          task.flags |= ASKED;
          if (!awaiting.askToEnd(reason)) task.flags &= ~ASKED;
        }
        return;
      }
    }
  }

  /** Unwinds without waiting any longer for what was asked to end, and can't. False when it waits for no such thing. */
  leave(): boolean {
    if (this.#place !== WAITING || !this.asked) return false;
    this.wake();
    return true;
  }

  /** Whether it will end only when the other has: tasks that wait for one another in a circle. */
  #waitsFor(other: TaskImpl<unknown>): boolean {
    const seen = new Set<TaskImpl<unknown>>(); // there may be a circle that the other does not stand in
    let task: TaskImpl<unknown> = this;
    while (task !== other) {
      const { awaiting } = task;
      if (seen.has(task)) return false;
      seen.add(task);
      if (task.#place !== WAITING || !task.asked || !(awaiting instanceof TaskImpl)) return false;
      task = awaiting;
    }
    return true;
  }

  mayUnwind(from: Frame | undefined): boolean {
    for (let frame = from; frame; frame = frame.parent) {
      if (frame.state === UNWINDING) return false;
      if (frame.scope?.requested) return true;
      if (frame.scope?.shields) return false;
    }
    return this.cancelRequested;
  }

  collect(error: unknown): void {
    const frame = this.top as Frame;
    keepErrors(frame, [...errorsFor(frame), error]);
  }

  stack(): readonly FrameInfo[] {
    return stackFrom(this.top, this.#place !== STEPPING);
  }
}
