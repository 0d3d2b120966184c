/**
 * Coroutine frames: one generator each, linked from the frame that runs to its caller.
 * `yield*` on a frame starts it at once, on the native stack. When it suspends it stays linked, and from then on the
 * task drives it directly, so that a resume costs the same at every depth.
 */
import { InvalidStateError } from "../errors.ts";
import type { Loop } from "../kernel/loop.ts";
import { keepShape } from "../kernel/shapes.ts";
import type { Coroutine, FrameInfo, Suspension } from "../types.ts";
import { Definition, type Ledger } from "./ledger.ts";
import { isSuspension, PROBE, returned, SUSPENDED } from "./suspension.ts";
import { framesAbove, knowAsker, traced } from "./trace.ts";

/** The states of a frame. */
export const CREATED = 0;
/** Handed to a task, a scope or gather, which will start it. */
export const CLAIMED = 1;
/** Started: it runs, or waits. */
const RUNNING = 2;
/** Its generator was told to return: its cleanup runs, or waits. */
export const UNWINDING = 3;
export const ENDED = 4;
export type FrameState = 0 | 1 | 2 | 3 | 4;

/** What can be driven: a generator, or the iterator of a leaf. */
export type Drivable = Iterator<Suspension, unknown, unknown>;

/** What a frame does beyond running its generator. */
export interface Scope {
  /** Whether the requests of scopes around it wait until it has ended. */
  readonly shields: boolean;
  /** Whether it wants its frames unwound. */
  readonly requested: boolean;
  /** The frame is about to start. Gives the generator to drive. */
  entered(task: RunningTask, frame: Frame): Drivable;
  /** The frame has ended: `broken` off, by an error or by an unwinding, or with what its generator gave. */
  left(task: RunningTask, broken: boolean): void;
  /** Takes what the generator yields to whoever drives it: a value of a stream. Without this, a plain yield is an error. */
  gave?(result: IteratorResult<unknown, unknown>, frame: Frame): unknown;
  /** Takes the errors that cleanups threw on the way down to its frame, whoever asked for the unwinding. */
  absorb?(errors: unknown[]): void;
  /** The frames down to its own have unwound at its request: gives the value of its `yield*`, or throws. */
  unwound(errors: readonly unknown[]): unknown;
}

/** What a task waits for, as the task sees it. */
export interface Awaited {
  readonly kind: string;
  readonly label?: string | undefined;
  /** What it shares with others. */
  readonly subject?: object | undefined;
  /**
   * Asks it to end, and to wake the task when it has; false if it has ended already, and the task will be woken.
   * Where this is missing the task unwinds at once.
   */
  askToEnd?(reason: unknown): boolean;
}

/** What frames, leaves and scopes need of the task that runs them. */
export interface RunningTask {
  readonly loop: Loop;
  /** The frame that runs, or the innermost one that waits. */
  top: Frame | undefined;
  /** What the task waits for, while it waits. */
  awaiting: Awaited | undefined;
  /** Whether what it waits, or waited, for was asked to end. */
  readonly asked: boolean;
  /** Lets the waiting task go on in the next iteration. `by`: the task that brought it about, for who observes. */
  wake(by?: unknown): void;
  /** A scope on its stack wants its frames unwound. */
  requestUnwinding(scope: Scope): void;
  /** A scope whose request counted has ended. */
  withdrawRequest(): void;
  /** Whether a request to unwind reaches this frame: no cleanup and no shield stands before it. */
  mayUnwind(frame: Frame | undefined): boolean;
  /** Keeps an error that came up while the top frame is being unwound. */
  collect(error: unknown): void;
}

/** The task whose step runs now. */
export let current: RunningTask | undefined;
let depth = 0; // coroutines that run inline on the native stack, in all steps that are in progress

const DEEPEST_INLINE = 200; // a frame takes about 500 bytes of the native stack

// How the callee ended, on its way from the task that drove it to the `yield*` of its caller.
let ending: IteratorReturnResult<unknown> | undefined; // undefined: it threw
let endingError: unknown;
// On its way the other way: a frame that the task has to start itself, because the native stack is deep enough.
export let call: Frame | undefined;

/** Says how the callee ended, for the `yield*` that is resumed next. */
export function handOver(result: IteratorReturnResult<unknown> | undefined, error: unknown): void {
  ending = result;
  endingError = error;
}

/** The frame that has to be started. Only called when there is one. */
export function takeCall(): Frame {
  const frame = call as Frame;
  call = undefined;
  return frame;
}

/** Makes the task the current one; gives the one before. Steps nest where a task starts eagerly. */
export function switchTo(task: RunningTask | undefined): RunningTask | undefined {
  const before = current;
  current = task;
  return before;
}

let learnt = false; // somebody asked for the current task since the last forgetLearnt

/** The current task is known from now on to code that may keep it. */
export function noteLearnt(): void {
  learnt = true;
}

export function forgetLearnt(): void {
  learnt = false;
}

export function wasLearnt(): boolean {
  return learnt;
}

/** Whether another step may run on the native stack. */
export function mayNest(): boolean {
  return depth < DEEPEST_INLINE;
}

export class Frame<T = unknown> implements Coroutine<T> {
  state: FrameState = CREATED;
  generator: Drivable;
  parent: Frame | undefined = undefined; // the caller; set when started
  scope: Scope | undefined = undefined;
  readonly ledger: Ledger;

  constructor(generator: Drivable, ledger: Ledger) {
    this.generator = generator;
    this.ledger = ledger;
  }

  get name(): string {
    return this.ledger.name;
  }

  close(): void {
    if (this.state === CREATED) this.ledger.unstarted--;
    if (this.state <= CLAIMED) this.state = ENDED;
    else if (this.state < ENDED)
      throw new InvalidStateError(`coroutine "${this.name}" runs; cancel its task to stop it`);
  }

  /** Takes the coroutine for a later start by whoever calls. */
  claim(): this {
    if (this.state === CLAIMED && this.scope !== undefined) return this; // made for whoever awaits it
    if (this.state !== CREATED) throw usedTwice(this);
    this.state = CLAIMED;
    this.ledger.unstarted--;
    return this;
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this as unknown as Iterator<Suspension, T, unknown>;
  }

  /** Called by the `yield*` of the calling frame. */
  next(sent: unknown): IteratorResult<Suspension, unknown> {
    if (sent === undefined) return this.#start();
    if (sent === PROBE) return probed(Frame.prototype.next);
    const result = ending;
    ending = undefined;
    if (result !== undefined) return result;
    const error = endingError;
    endingError = undefined;
    throw traced(error, Frame.prototype.next);
  }

  /** The calling frame is told to return. Its callees, this one among them, have ended by then. */
  return(value: unknown): IteratorReturnResult<unknown> {
    return returned(value);
  }

  #start(): IteratorResult<Suspension, unknown> {
    const task = current;
    if (task === undefined || this.state !== CREATED || depth >= DEEPEST_INLINE) return this.#startSpecially(task);
    // A coroutine, whose frame has no scope: the rest is the hottest code there is, and short so that V8 inlines it.
    this.ledger.unstarted--;
    this.state = RUNNING;
    this.parent = task.top;
    task.top = this;
    depth++;
    let result: IteratorResult<Suspension, unknown>;
    try {
      result = this.generator.next();
    } catch (error) {
      throw this.#failed(error, task);
    }
    depth--;
    if (result === SUSPENDED) return result;
    if (!result.done && isSuspension(result)) return SUSPENDED;
    this.state = ENDED;
    task.top = this.parent;
    return result.done ? result : settle(this, result);
  }

  #startSpecially(task: RunningTask | undefined): IteratorResult<Suspension, unknown> {
    if (task === undefined)
      throw new InvalidStateError(`coroutine "${this.name}" was awaited outside a task: use run()`);
    if (this.state === CREATED) this.ledger.unstarted--;
    else if (this.state !== CLAIMED || this.scope === undefined) throw usedTwice(this);
    if (depth >= DEEPEST_INLINE) {
      this.state = CLAIMED;
      call = this;
      return SUSPENDED;
    }
    depth++;
    let result: IteratorResult<Suspension, unknown>;
    try {
      begin(this, task);
      result = this.generator.next();
    } catch (error) {
      throw this.#failed(error, task);
    }
    depth--;
    if (isSuspension(result)) return SUSPENDED;
    end(this, task, false);
    return settle(this, result);
  }

  #failed(error: unknown, task: RunningTask): unknown {
    depth--;
    end(this, task, true);
    return traced(error, Frame.prototype.next);
  }
}

/** What a frame whose generator did not suspend has ended with. Throws for a plain yield in a coroutine. */
export function settle(frame: Frame, result: IteratorResult<unknown, unknown>): IteratorReturnResult<unknown> {
  if (frame.scope?.gave !== undefined) return returned(frame.scope.gave(result, frame));
  if (!result.done) throw strayYield(frame, result.value);
  return result;
}

/** Links the frame on top of the task's stack. */
export function begin(frame: Frame, task: RunningTask): void {
  frame.state = RUNNING;
  frame.parent = task.top;
  task.top = frame;
  if (frame.scope !== undefined) frame.generator = frame.scope.entered(task, frame);
}

/** Unlinks the frame, which is on top. */
export function end(frame: Frame, task: RunningTask, broken: boolean): void {
  frame.state = ENDED;
  task.top = frame.parent;
  if (frame.scope !== undefined) frame.scope.left(task, broken);
}

keepShape(new Frame({ next: () => ({ done: true, value: undefined }) }, new Definition("").ledger));

function usedTwice(frame: Frame): InvalidStateError {
  const how = frame.state === ENDED ? "has ended" : "was awaited or handed over";
  return new InvalidStateError(
    `coroutine "${frame.name}" ${how} already: a coroutine runs once, call the function again`,
  );
}

/** A coroutine gave a plain value. */
function strayYield(frame: Frame, value: unknown): TypeError {
  // The generator is at a place it can't go on from: its cleanup still runs.
  frame.generator.return?.(undefined);
  return new TypeError(
    `coroutine "${frame.name}" yielded ${String(value)}: write yield* to await, yield only in a stream`,
  );
}

/** Where PROBE found the innermost frame it was sent to. */
let found: readonly FrameInfo[] = [];

/** Answers a PROBE: notes the places and suspends again. */
export function probed(above: unknown): typeof SUSPENDED {
  found = framesAbove(above);
  return SUSPENDED;
}

/** The frames from this one down, outermost first; with places where they are suspended. */
export function stackFrom(top: Frame | undefined, suspended: boolean): FrameInfo[] {
  const frames: FrameInfo[] = [];
  for (let frame = top; frame; frame = frame.parent) {
    const places = suspended && frame.state !== CLAIMED ? probe(frame) : [];
    frames.push(...places.slice(0, -1), { ...places.at(-1), name: frame.name });
  }
  return frames.reverse();
}

/** The frame's place, if it is suspended and the host tells; several when bare generators stand between. */
export function probe(frame: Frame): readonly FrameInfo[] {
  knowAsker((answer) => ask({ next: answer }));
  found = [];
  ask(frame.generator);
  return found;
}

/** The only place from which generators are asked. */
function ask(generator: { next(sent: unknown): unknown }): void {
  generator.next(PROBE);
}
