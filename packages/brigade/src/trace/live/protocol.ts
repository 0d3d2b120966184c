/**
 * What a program that can be watched, and whoever watches it, say to each other: one JSON value a line. The same calls go
 * over the program's local socket and over the HTTP of `brigade inspect`.
 */
import type { FrameInfo } from "../../types.ts";

/** Told by `hello`. Another number: another version of Brigade, whose answers may differ. */
export const PROTOCOL = 1;

/** The most rows that one call of `tasks` gives, and the most bytes that one request may have. */
export const MOST_ROWS = 1_000;
export const MOST_REQUEST_BYTES = 65_536;

/** What can be asked: the parameters, which stand beside `id` and `call`, and the value that comes back. */
export interface Calls {
  hello: { params: NoParams; value: Hello };
  stats: { params: NoParams; value: Stats };
  tasks: { params: TaskQuery; value: TaskPage };
  task: { params: { readonly task: number }; value: TaskDetail };
  cycles: { params: NoParams; value: readonly WaitCycle[] };
  /** Every live task as text. Pieces are strings. */
  dump: { params: NoParams; value: DumpEnd };
  /** A whole .brigade file of what the flight recorder holds. Pieces are base64, each decodable by itself. */
  flight: { params: NoParams; value: FlightEnd };
}

export type NoParams = {};
export type CallName = keyof Calls;
export type CallParams<C extends CallName> = Calls[C]["params"];
export type CallValue<C extends CallName> = Calls[C]["value"];

/** A line from whoever watches. Answers carry its `id`; several calls may be under way. */
export type CallRequest<C extends CallName = CallName> = { readonly id: number; readonly call: C } & CallParams<C>;

/** A line from the program. Any number of pieces come before the value of `dump` and `flight`; an error or a value ends a call. */
export type CallAnswer<C extends CallName = CallName> =
  | { readonly id: number; readonly value: CallValue<C> }
  | { readonly id: number; readonly error: string }
  | { readonly id: number; readonly piece: string };

/** Who the program is. */
export interface Hello {
  readonly protocol: number;
  readonly pid: number;
  /** 0: the main thread. */
  readonly thread: number;
  /** What it was started with: "main.ts --port 80". */
  readonly title: string;
  /** "node 26.1.0" */
  readonly runtime: string;
  /** When the process began, in milliseconds since 1970. */
  readonly started: number;
  /** Since when the flight recorder has run, in milliseconds since 1970. */
  readonly watchedSince: number;
  /** How many events the flight recorder keeps. */
  readonly flightEvents: number;
}

/** How the program is, now. Counters grow: what happened in between is the difference of two answers. */
export interface Stats {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly loops: number;
  readonly tasks: number;
  /** Tasks by state; their sum is `tasks`. */
  readonly waiting: number;
  readonly ready: number;
  readonly running: number;
  /** Steps since the program is watched. */
  readonly steps: number;
  /** Tasks that were made, and that ended, since the program is watched. */
  readonly created: number;
  readonly ended: number;
  /** Milliseconds since it is watched in which the thread did anything but wait for the host (event loop utilisation). */
  readonly busy: number;
  /** The longest that the thread kept a due timer waiting, since the last `stats` of this connection, in milliseconds. */
  readonly lag: number;
  /** Events that the flight recorder has dropped, the oldest first. */
  readonly lost: number;
  /** Bytes. */
  readonly memory: number;
  readonly heap: number;
}

export type TaskState = "running" | "ready" | "waiting";
export type TaskSort = "tree" | "age" | "since" | "name";

/** Which rows of the task tree to give. */
export interface TaskQuery {
  /** The first row, from 0. */
  readonly offset?: number;
  /** How many rows: 100 unless given, at most `MOST_ROWS`. */
  readonly limit?: number;
  /** Rows whose name, root coroutine, frame, or what they wait for has this in it (case is ignored), and their ancestors. */
  readonly filter?: string;
  /** "tree" unless given: below their parents, in the order they were made. All others are flat lists. */
  readonly sort?: TaskSort;
  /** One row for siblings that look alike. True unless given. */
  readonly group?: boolean;
  /** Keys of rows that are the other way than usual: tasks usually show what is below them, groups do not. */
  readonly toggled?: readonly string[];
  /** Whether rows have file and line of each frame: true unless given. Costs some microseconds a row in the program. */
  readonly lines?: boolean;
}

export interface TaskPage {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Live tasks, shown or not. */
  readonly tasks: number;
  /** Rows there are in all, for this query. */
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly TaskRow[];
}

/** One task, or several siblings that look alike. */
export interface TaskRow {
  /** The same from one answer to the next: "t17" for a task, "g17:…" for a group. */
  readonly key: string;
  /** The task, by the number that it also has in the flight recorder's file. For a group the first of its tasks. */
  readonly task: number;
  /** How many tasks: 1, unless it is a group. */
  readonly count: number;
  readonly depth: number;
  /** How many rows are directly below it when it is open. */
  readonly children: number;
  readonly open: boolean;
  /** For a group what its tasks have in common: "Task-*". */
  readonly name: string;
  /** The coroutine that the task was made with. */
  readonly root: string;
  readonly state: TaskState;
  /** It was asked to end and has not yet. */
  readonly cancelling: boolean;
  /** Milliseconds since it was made; for a group the oldest. Not there: it was made before the program was watched. */
  readonly age?: number;
  /** Milliseconds since it last did anything; for a group the longest. Not there: before the program was watched. */
  readonly since?: number;
  readonly waitsFor?: WaitsFor;
  /** What it has acquired and not given back. */
  readonly holds: readonly ResourceRef[];
  /** Coroutine frames, innermost first. For a group those of its first task. */
  readonly frames: readonly FrameInfo[];
}

export interface TaskRef {
  readonly task: number;
  readonly name: string;
}

export interface ResourceRef {
  readonly resource: number;
  /** "Lock", "Semaphore", "Queue" … */
  readonly kind: string;
  readonly name?: string;
}

export interface WaitsFor {
  /** "sleep", "Queue.get", "task" … */
  readonly kind: string;
  readonly label?: string;
  /** Where it is a task that is waited for. */
  readonly on?: TaskRef;
  /** Where it is a lock, a queue and the like. */
  readonly resource?: ResourceRef;
}

export interface TaskDetail extends Omit<TaskRow, "key" | "depth" | "children" | "open" | "count"> {
  readonly parent?: TaskRef;
  /** Who holds what it waits for. At most 100. */
  readonly heldBy: readonly TaskRef[];
  /** Who waits for it, or for what it holds. At most 100. */
  readonly blocks: readonly TaskRef[];
}

/** Tasks that wait for one another in a circle. */
export interface WaitCycle {
  readonly tasks: readonly TaskRef[];
  /** "A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`" */
  readonly text: string;
  /** Tasks outside the circle that wait for one in it: they can't be woken either. At most 1,000; `others` counts them all. */
  readonly stuck: readonly TaskRef[];
  readonly others: number;
}

export interface DumpEnd {
  readonly tasks: number;
}

export interface FlightEnd {
  readonly events: number;
  readonly lost: number;
}
