/** A program as it is now: what its tasks are, what they wait for, and who holds that. Looking changes nothing. */
import { liveLoops } from "../../kernel/loops.ts";
import { type Frame, probe } from "../../task/frame.ts";
import type { TaskHome } from "../../task/home.ts";
import { TaskImpl } from "../../task/task.ts";
import type { FrameInfo } from "../../types.ts";
import type { TraceRecorder } from "../recorder/trace-recorder.ts";
import { describe } from "../recorder/resources.ts";
import { waitCycles } from "./cycles.ts";
import type { ResourceRef, TaskRef, TaskState, WaitCycle, WaitsFor } from "./protocol.ts";
import type { Waiting } from "./wait-graph.ts";
import { walkAll } from "./walk.ts";

export type LiveTask = TaskImpl<unknown>;

/** Between two of these the program has a turn, where the reader of a generator gives it one. */
export const TASKS_PER_SLICE = 2_000;

const MOST_FRAMES = 100; // of one task: a recursion may be as deep as it likes

export class Program {
  readonly recorder: TraceRecorder | undefined;
  readonly #loops: Iterable<TaskHome>;
  readonly #older = new WeakMap<LiveTask, number>(); // tasks that were there before the recorder: when it first saw them
  readonly #ids = new WeakMap<object, number>(); // without a recorder: of tasks and resources
  #next = 1;

  /** Without a recorder nothing is known of ages, parents and holders. Tasks that it has not seen the beginning of are noted here. */
  constructor(recorder?: TraceRecorder, loops: Iterable<unknown> = liveLoops) {
    this.recorder = recorder;
    this.#loops = loops as Iterable<TaskHome>;
    if (recorder === undefined) return;
    for (const task of this.tasks()) {
      if (!recorder.knows(task)) this.#older.set(task, recorder.notesOf(task).since);
    }
  }

  tasks(): Generator<LiveTask, void> {
    return walkAll(this.#loops);
  }

  get loops(): number {
    return [...this.#loops].length;
  }

  id(task: LiveTask): number {
    return this.recorder?.idOf(task) ?? this.#number(task);
  }

  /** The number of the task that made it; 0 where nobody knows. */
  parent(task: LiveTask): number {
    const { recorder } = this;
    return recorder?.notesOf(task).parent ?? 0;
  }

  /** Milliseconds since it was made. */
  age(task: LiveTask): number | undefined {
    const { recorder } = this;
    if (recorder === undefined || this.#older.has(task)) return undefined;
    return Math.max(0, task.loop.time() - recorder.notesOf(task).created);
  }

  /** Milliseconds since it last did anything. */
  since(task: LiveTask): number | undefined {
    if (task.progress === "running") return 0;
    const { recorder } = this;
    const since = recorder?.notesOf(task).since;
    if (since === undefined || since === this.#older.get(task)) return undefined; // it has done nothing meanwhile
    return Math.max(0, task.loop.time() - since);
  }

  /** One that has ended since it was met is told as ready: it was, for its last step. */
  state({ progress }: LiveTask): TaskState {
    return progress === "done" ? "ready" : progress;
  }

  /** What it shares with others and waits for: a task, or a lock, a queue and the like. */
  subject(task: LiveTask): object | undefined {
    return task.progress === "waiting" ? task.awaiting?.subject : undefined;
  }

  waitsFor(task: LiveTask): WaitsFor | undefined {
    const { awaiting } = task;
    if (task.progress !== "waiting" || awaiting === undefined) return undefined;
    const { kind, label, subject } = awaiting;
    if (subject instanceof TaskImpl) return { kind, on: this.ref(subject) };
    return {
      kind,
      ...(label === undefined ? {} : { label }),
      ...(subject === undefined ? {} : { resource: this.resource(subject) }),
    };
  }

  ref(task: LiveTask): TaskRef {
    return { task: this.id(task), name: task.name };
  }

  resource(subject: object): ResourceRef {
    const { kind, name } = describe(subject);
    const resource = this.recorder?.resources.number(subject) ?? this.#number(subject);
    return { resource, kind, ...(name === undefined ? {} : { name }) };
  }

  /** The numbers of the tasks that hold it; some may have ended. */
  holders(subject: object): number[] {
    return this.recorder?.resources.holdings(subject).map(({ task }) => task) ?? [];
  }

  /** What tasks hold and others wait for, by the number of who holds it. */
  held(subjects: Iterable<object>): Map<number, object[]> {
    const held = new Map<number, object[]>();
    for (const subject of subjects) {
      for (const task of new Set(this.holders(subject))) {
        const all = held.get(task);
        if (all) all.push(subject);
        else held.set(task, [subject]);
      }
    }
    return held;
  }

  /** The names of the tasks that hold what others wait for, by number. */
  holderNames(): Map<number, string> {
    const subjects = new Set<object>();
    for (const task of this.tasks()) {
      const subject = this.subject(task);
      if (subject !== undefined && !(subject instanceof TaskImpl)) subjects.add(subject);
    }
    const names = new Map<number, string>();
    const held = this.held(subjects);
    if (held.size === 0) return names;
    for (const task of this.tasks()) if (held.has(this.id(task))) names.set(this.id(task), task.name);
    return names;
  }

  /** Its frames, innermost first; with `lines`, where each is suspended. Of very many the outer ones are only counted. */
  frames(task: LiveTask, lines: boolean): FrameInfo[] {
    const frames: FrameInfo[] = [];
    const suspended = lines && task.progress === "waiting";
    let more = 0;
    for (let frame = task.top; frame; frame = frame.parent) {
      if (frames.length >= MOST_FRAMES) more++;
      else frames.push(...placesOf(frame, suspended));
    }
    return more === 0 ? frames : [...frames, { name: `and ${more} more frames` }];
  }

  /** What is known of who waits for whom: of tasks that wait for a task or a resource, or hold what others wait for. */
  *waiting(): Generator<undefined, Waiting[]> {
    const concerned = new Set<LiveTask>();
    const subjects = new Set<object>();
    let seen = 0;
    for (const task of this.tasks()) {
      if (++seen % TASKS_PER_SLICE === 0) yield;
      const subject = this.subject(task);
      if (subject !== undefined || childrenOf(task)) concerned.add(task);
      if (subject !== undefined && !(subject instanceof TaskImpl)) subjects.add(subject);
    }
    const held = this.held(subjects);
    if (held.size > 0) for (const task of this.tasks()) if (held.has(this.id(task))) concerned.add(task);
    return [...concerned].map((task) => this.#waiting(task, held.get(this.id(task)) ?? []));
  }

  #waiting(task: LiveTask, held: readonly object[]): Waiting {
    const subject = this.subject(task);
    const children = childrenOf(task);
    const { task: id, name } = this.ref(task);
    const holds = held.map((one) => this.resource(one).resource);
    const waiting = { id, name, holds, timed: isTimed(task) };
    if (children) return { ...waiting, waitsFor: { tasks: children.map((child) => this.id(child)) } };
    if (subject === undefined) return waiting;
    if (subject instanceof TaskImpl) return { ...waiting, waitsFor: { task: this.id(subject) } };
    return { ...waiting, waitsFor: { resource: this.resource(subject).resource } };
  }

  /** Tasks that wait for one another in a circle, as far as that is known. */
  *cycles(): Generator<undefined, WaitCycle[]> {
    const names = new Map<number, string>();
    const waiting = yield* this.waiting();
    for (const task of this.tasks()) {
      const subject = this.subject(task);
      if (subject === undefined || subject instanceof TaskImpl) continue;
      const ref = this.resource(subject);
      if (!names.has(ref.resource)) names.set(ref.resource, resourceName(ref));
    }
    return waitCycles(waiting, (resource) => names.get(resource) ?? `resource ${resource}`);
  }

  #number(subject: object): number {
    let number = this.#ids.get(subject);
    if (number === undefined) this.#ids.set(subject, (number = this.#next++));
    return number;
  }
}

/** The frame, with its place where it is suspended and tells; before it bare generators that it delegates to. */
function placesOf(frame: Frame, suspended: boolean): FrameInfo[] {
  let places: readonly FrameInfo[] = [];
  try {
    if (suspended) places = probe(frame);
  } catch {
    // it can't be asked: a generator of the program that does not pass questions on
  }
  return [...places.slice(0, -1), { ...places.at(-1), name: frame.name }];
}

/** What gather, race or a group waits for, where all of that are tasks: who else may complete a future nobody knows. */
function childrenOf(task: LiveTask): readonly LiveTask[] | undefined {
  if (task.progress !== "waiting") return undefined;
  const { waitsForTasks } = task.awaiting as { readonly waitsForTasks?: readonly unknown[] };
  if (!waitsForTasks?.every((child) => child instanceof TaskImpl)) return undefined;
  return waitsForTasks as readonly LiveTask[];
}

/** Whether a timeout around it will end its wait. */
function isTimed(task: LiveTask): boolean {
  for (let frame = task.top; frame; frame = frame.parent) {
    const deadline = (frame.scope as { readonly deadline?: unknown } | undefined)?.deadline;
    if (typeof deadline === "number" && deadline < Infinity) return true;
  }
  return false;
}

/** "lock `db`", or "lock 3" of one without a name. */
export function resourceName({ kind, name, resource }: ResourceRef): string {
  const what = kind.slice(0, 1).toLowerCase() + kind.slice(1);
  return name === undefined ? `${what} ${resource}` : `${what} \`${name}\``;
}

/** Runs it to its end at once: nothing has a turn in between. */
export function atOnce<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
