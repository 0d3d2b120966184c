/**
 * What a trace is made of: events in columns, and the tables that their numbers point into. One schema for the recorder,
 * the file, and everything that reads it; docs/adr/0031 says why it looks like this.
 */
import type { FrameInfo } from "../../types.ts";

// Events stand in the order in which they were written, mostly that of their times. The time of STEP and CALLBACK is when
// they began; what happens in a step stands before it and may carry the time of its beginning. A flight recorder leaves out
// what does not tell what tasks wait for: FRAME, STACK, steps that only yield, and tasks that never did anything else.

/** A task was made. `a`: the task that made it, or 0; `b`: the name of its root coroutine, a string. */
export const CREATED = 1;
/** Follows CREATED. `a`: the name it was given, a string, or 0; `b`: the number of a task without one. */
export const NAMED = 2;
/** A step, written at its end; `time` is its start. `a`: ticks it ran; `b`: the place where the task now waits, 0 if it ended. */
export const STEP = 3;
/** A waiting task was woken. `a`: by which task; 0: by a timer, the host, or code outside tasks. A bare yield writes none. */
export const WOKEN = 4;
/** A task ended. `a`: how (`VALUE`, `ERROR`, `CANCELLED`); `b`: the message of its error, a string, or 0. */
export const DONE = 5;
/** A task was asked to end. `a`: by which task, or 0. */
export const CANCEL = 6;
/** What the task will wait for is known. `a`: its id; `b`: of what (`A_TASK`, `A_RESOURCE`). Stands before the STEP in which the wait begins. */
export const WAITS = 7;
/** A permit of a resource was handed out. `a`: the resource. */
export const ACQUIRED = 8;
/** A permit came back. `a`: the resource. */
export const RELEASED = 9;
/** An item went into a queue. `a`: the resource. */
export const PUT = 10;
/** An item left a queue. `a`: the resource. */
export const GOT = 11;
/** The runtime had something to report. `a`: its kind, `b`: its message, both strings. */
export const REPORT = 12;
/** Events are missing here. `a`: how many. */
export const LOST = 13;
/** A call of a coroutine was first seen suspended. `a`: the activation; `b`: that of its caller, 0 for the task's root. */
export const FRAME = 14;
/** The innermost suspended frame of the task is another than at its last STEP. `a`: its activation; `b`: how deep it stands. */
export const STACK = 15;
/** A callback outside tasks took long. `time` is its start. `a`: ticks it ran; `b`: its place, or 0. */
export const CALLBACK = 16;
/** The first event of a loop. `a`: 1 when its clock is a virtual one, else 0. */
export const CLOCK = 17;

/** The kinds of events. */
export type EventType = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17;

// How a task ended: `a` of DONE.
export const VALUE = 1;
export const ERROR = 2;
export const CANCELLED = 3;

// What `a` of WAITS numbers.
export const A_TASK = 1;
export const A_RESOURCE = 2;

/** Ticks in a millisecond: durations and times inside a chunk are whole numbers of these. */
export const TICKS = 10_000;

/** A frame on a task's stack. */
export interface PlaceFrame extends FrameInfo {
  /** A bare generator that a coroutine delegates to: it has no activation of its own. */
  readonly bare?: boolean;
}

/** Where tasks wait: the kind of thing, and the coroutine frames, innermost first. */
export interface Place {
  readonly kind: string;
  readonly label?: string;
  /** With file and line where they are known. */
  readonly frames: readonly PlaceFrame[];
  /** Whether the lines were read off this very wait. Otherwise they are those of like waits, if all had the same; or not there. */
  readonly exact: boolean;
}

/** What tasks share: a lock, a semaphore, a queue, a gather with a limit. */
export interface Resource {
  /** Its class: "Lock", "Semaphore", "Queue", "gather". */
  readonly kind: string;
  readonly name?: string;
  /** Permits, room or places, when it was first seen. */
  readonly capacity?: number;
}

/** What a trace says about itself. */
export interface TraceMeta {
  /** When the time 0 of the trace was, in milliseconds since 1970; of a virtual clock, when recording began. */
  readonly startedAt: number;
  /** What was recorded: a command line, a name. */
  readonly program?: string;
  readonly pid?: number;
  /** "Node 26.10.0" */
  readonly host?: string;
  /** How many events a flight recorder keeps; undefined for a full trace. */
  readonly last?: number;
}

/** The first bytes of a file: no text begins like this, and a transfer that changes line ends breaks it. */
export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x42, 0x52, 0x47, 0x44, 0x0d, 0x0a, 0x1a);
export const VERSION = 1;
/** Magic, then the version, then zeros. */
export const HEADER_BYTES = 16;
/** Tag, zeros, length of the payload, checksum of the payload; each 4 bytes. The payload is padded to 8. */
export const CHUNK_HEADER_BYTES = 16;

/** The tags of chunks, as they stand in the file. */
export const META = 0x4154454d; // META: JSON
export const TABLE = 0x4c424154; // TABL: JSON, what the tables have got since the last
export const EVENTS = 0x53545645; // EVTS: columns
export const END = 0x2e444e45; // END.: nothing; the recorder was closed

/** Bytes before the columns: the number of events, the highest number that a table had then, the base of the times. */
export const COLUMNS_AT = 16;

/** The rows that the tables have got. */
export interface TableChunk {
  readonly strings?: readonly (readonly [number, string])[];
  readonly places?: readonly (readonly [number, Place])[];
  readonly resources?: readonly (readonly [number, Resource])[];
}

/** A checksum over the words of the payload, whose length is a multiple of 8. Two sums side by side: a processor does both at once. */
export function checksum(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let even = 0x811c9dc5 | 0;
  let odd = 0x01000193;
  for (let i = 0; i + 1 < words.length; i += 2) {
    even = Math.imul(even ^ (words[i] as number), 0x01000193);
    even = (even << 13) | (even >>> 19);
    odd = Math.imul(odd ^ (words[i + 1] as number), 0x01000193);
    odd = (odd << 13) | (odd >>> 19);
  }
  return (even ^ Math.imul(odd, 0x9e3779b1)) >>> 0;
}

/** The next multiple of 8. */
export function padded(length: number): number {
  return (length + 7) & ~7;
}
