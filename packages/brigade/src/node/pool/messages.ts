/** What a pool and its workers say to one another. Tuples of plain values: the least there is to clone. */
import type { ThrownOnTheWire } from "./errors-on-the-wire.ts";

// From the pool to the worker.
export const CALL = 0;
export const CANCEL = 1;
/** More items of the stream may be sent. */
export const PULL = 2;
/** No more items of the stream are wanted. */
export const CLOSE = 3;
/** No more calls will come. */
export const END = 4;

export type ToWorker =
  /** A credit of 0 asks for a value; more, for that many items of a stream at first. */
  | readonly [type: typeof CALL, id: number, name: string, args: readonly unknown[], credit: number]
  /** The reason is what the canceller gave, where that was text. */
  | readonly [type: typeof CANCEL, id: number, reason: string | undefined]
  | readonly [type: typeof PULL, id: number, credit: number]
  | readonly [type: typeof CLOSE, id: number]
  | readonly [type: typeof END];

// From the worker to the pool.
/** The module is loaded. */
export const READY = 0;
/** The module could not be loaded. */
export const UNLOADABLE = 1;
export const VALUE = 2;
export const ERROR = 3;
export const ITEM = 4;
/** The stream has ended. */
export const DONE = 5;
/** Something threw outside of any call; the worker dies of it. */
export const DYING = 6;

export type FromWorker =
  | readonly [type: typeof READY]
  | readonly [type: typeof UNLOADABLE, thrown: ThrownOnTheWire]
  | readonly [type: typeof DYING, thrown: ThrownOnTheWire]
  | Answer;

/** What concerns the call that the worker runs. */
export type Answer =
  | readonly [type: typeof VALUE, id: number, value: unknown]
  /** `answers`: the error says nothing but that the call was cancelled. */
  | readonly [type: typeof ERROR, id: number, thrown: ThrownOnTheWire, answers: boolean]
  | readonly [type: typeof ITEM, id: number, item: unknown]
  | readonly [type: typeof DONE, id: number];

// Places in the memory that a thread shares with its pool.
/** Counts what was posted to the worker, which waits for it to change. */
export const POSTED = 0;
/** Not 0: there is something to hear for a function that is busy and asks. */
export const ALERT = 1;

/** The descriptor that a process of a pool has for its messages. */
export const PIPE = 3;
