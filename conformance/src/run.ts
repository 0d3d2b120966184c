/** What one run of a program knows: what its names stand for, and its trace so far. */
import type {
  Barrier,
  Condition,
  ContextVar,
  Event,
  Future,
  Lock,
  Queue,
  Semaphore,
  SettableFuture,
  Stream,
  Task,
  TaskGroup,
  TimeoutScope,
} from "brigade";
import { virtualClock } from "brigade/testing";
import { described } from "./names.ts";
import type { Op, Program } from "./program.ts";

type VirtualClock = ReturnType<typeof virtualClock>;

export type ProgramObject =
  | Lock
  | Semaphore
  | Condition
  | Event
  | Barrier
  | Queue<number>
  | ContextVar<number>
  | SettableFuture<number>;

/** One run of a program: what its names stand for, and the trace so far. */
export class Run {
  readonly program: Program;
  readonly objects: Map<string, ProgramObject> = new Map<string, ProgramObject>();
  /** The tasks by the name they were started under last. */
  readonly tasks: Map<string, Task<unknown>> = new Map<string, Task<unknown>>();
  readonly scopes: Map<string, TimeoutScope> = new Map<string, TimeoutScope>();
  readonly groups: Map<string, TaskGroup> = new Map<string, TaskGroup>();
  readonly readers: Map<string, Stream<number>> = new Map<string, Stream<number>>();
  readonly clock: VirtualClock = virtualClock();
  readonly lines: string[] = [];
  /** Every task that was started by name, in order. */
  readonly all: [string, Task<unknown>][] = [];
  /** Nothing more is written. */
  closed = false;
  #calls = 0;

  constructor(program: Program) {
    this.program = program;
  }

  /** The name of a call in the trace: no two calls have the same. */
  label(name: string): string {
    return `${name}.${++this.#calls}`;
  }

  started(name: string, task: Task<unknown>): void {
    this.tasks.set(name, task);
    this.all.push([name, task]);
  }

  /** The task of that name, or the future. */
  future(name: string): Future<unknown> | undefined {
    return this.tasks.get(name) ?? (this.objects.get(name) as Future<unknown> | undefined);
  }

  log(label: string, text: string): number {
    return this.closed ? 0 : this.lines.push(`${this.clock.now()} ${label} ${text}`) - 1;
  }

  /** How an operation ended: on the line of its beginning, when nothing has happened since. */
  logEnd(began: number, label: string, op: Op, end: string): void {
    if (this.closed) return;
    const { length } = this.lines;
    const line = `${this.clock.now()} ${label} ${described(op)}`;
    if (began === length - 1 && this.lines[began] === line) this.lines[began] = `${line} ${end}`;
    else this.lines.push(`${this.clock.now()} ${label} ${op.op} ${end}`);
  }
}
