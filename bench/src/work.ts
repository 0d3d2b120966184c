/** What a work is: a name, whom Brigade is compared with, and how its figure comes about. */
import type { Place } from "./data/places.ts";
import type { Figure } from "./program.ts";

export type Peer =
  | "brigade"
  | "native"
  | "effect"
  | "effection"
  | "asyncio"
  | "undici"
  | "hono"
  | "aiohttp"
  | "httpx"
  | "parallel"
  | "piscina"
  | "tinypool"
  | "execa"
  | "postgres"
  | "pg"
  | "ioredis"
  | "sqlite"
  | "bullmq"
  | "pg-boss"
  | "aws-s3";

/** One column to compare with: a peer, or the same peer in another way. */
export interface Rival {
  /** What the table calls it. */
  readonly label: string;
  readonly peer: Peer;
  /** The bound on brigade/rival, where there is one. */
  readonly atMost?: number;
  /** The bound on brigade/rival where the figure is a rate, and more is better. */
  readonly atLeast?: number;
  /** The bound on the ratio of processor times. */
  readonly cpuAtMost?: number;
  /** Another file of programs than the work's own. */
  readonly module?: string;
  /** Another program than the work's own. */
  readonly program?: string;
  /** Fewer units of work, where a run would take too long. The figure is per operation, so that it compares. */
  readonly count?: number;
  /** A footnote on how this rival does the work. */
  readonly note?: string;
}

interface Described {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly rivals: readonly Rival[];
  /** The bound on Brigade's own figure, where there is one. */
  readonly limit?: number;
  /** The same where the figure is a rate, and more is better. */
  readonly floor?: number;
  /** The unit of the processor time, where it is told: in a row of its own. */
  readonly cpuUnit?: string;
  /** Whether it asks the server that the bench starts. */
  readonly server?: boolean;
  /** The most rounds that are done, where a round takes long. */
  readonly rounds?: number;
}

/** A work that programs do, in a process of each peer. */
export interface ProgramWork extends Described {
  readonly kind: "program";
  readonly module: string;
  readonly count: number;
  /** With --quick, where a run would take long. */
  readonly quickCount?: number;
  /** Whether the count is in bytes of a file of lines, which the bench makes and removes. */
  readonly lines?: boolean;
  /** The database, storage or folder that the bench opens, and fills, for it. */
  readonly place?: Place;
  /** What a right program gives, unless the figure is its own. */
  readonly expected?: (count: number) => number;
  readonly figure: Figure;
  /** From a run's figure to the unit of the table. */
  readonly scale: (figure: number, count: number) => number;
  /** The same for a run's milliseconds of processor time. */
  readonly cpuScale?: (ms: number, count: number) => number;
  /** A round repeats the program until about this many milliseconds have passed. */
  readonly roundMs?: number;
  /** `kept`: one process for all rounds. `fresh`: a new one each round, so that nothing is left from the one before. */
  readonly process: "kept" | "fresh";
}

/** A work that the bench measures from outside. */
interface OutsideWork extends Described {
  readonly kind: "size" | "startup";
}

/** The whole command `brigade fetch` beside whole processes that fetch the same list. */
export interface FetchWork extends Described {
  readonly kind: "fetch";
  readonly count: number;
  /** With --quick. */
  readonly quickCount: number;
}

/** How the memory of one `brigade fetch` changes from URL `from` to URL `count` of its input. */
export interface FetchMemoryWork extends Described {
  readonly kind: "fetch-memory";
  readonly count: number;
  /** With --quick. */
  readonly quickCount: number;
  /** From which URL on: until there the heap of a new process finds its size. */
  readonly from: number;
  /** Different URLs in them; the others are repetitions that `--dedupe` leaves out. */
  readonly distinct: number;
}

/** Servers in processes of their own, asked by the same client. */
export interface ServerWork extends Described {
  readonly kind: "server";
  /** Requests before the client looks at the time again. */
  readonly count: number;
  readonly roundMs: number;
}

/** Echo servers in processes of their own, with many connections from the same load. */
export interface EchoWork extends Described {
  readonly kind: "echo";
  readonly connections: number;
  /** `requests`: how many a second are answered. `resident`: the memory that a connection takes in the server. */
  readonly figure: "requests" | "resident";
}

/** What reads a trace of so many events: the command, or the page. */
export interface TraceWork extends Described {
  /** `trace-page`: how soon it shows the trace. `trace-pan`: how often it draws. */
  readonly kind: "trace-command" | "trace-page" | "trace-pan";
  readonly count: number;
  /** With --quick. */
  readonly quickCount?: number;
}

export type Work = ProgramWork | OutsideWork | FetchWork | FetchMemoryWork | ServerWork | EchoWork | TraceWork;
