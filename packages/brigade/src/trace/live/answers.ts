/** Answers what is asked of a program. Each answer is made in steps, between which the program has a turn. */
import { TaskImpl } from "../../task/task.ts";
import { rootName } from "./alike.ts";
import { dumpOf } from "./dump.ts";
import type { CallName, Hello, Stats, TaskDetail, TaskQuery, TaskRef, TaskSort, TaskState } from "./protocol.ts";
import { type LiveTask, type Program, TASKS_PER_SLICE } from "./program.ts";
import { taskPage } from "./tree.ts";

/** What is asked of the machine, not of the tasks. */
export interface Machine {
  hello(): Omit<Hello, "flightEvents">;
  stats(): Pick<Stats, "busy" | "lag" | "memory" | "heap">;
}

/** An answer, step by step: a string is a piece of it, undefined is none. Between two steps the program may have a turn. */
export type Answering = Generator<string | undefined, unknown>;

type Request = Readonly<Record<string, unknown>>;

const MOST_NAMED = 100; // tasks in one list of an answer
const PIECE = 49_152; // bytes of a file that go into one piece: a multiple of 3, so that base64 needs no padding

/** How many events the flight recorder of a program keeps that can be watched. */
export const FLIGHT_EVENTS = 65_536;

export class Answers {
  readonly #program: Program;
  readonly #machine: Machine;
  readonly #calls: { readonly [C in CallName]: (request: Request) => Answering } = {
    hello: () => this.#hello(),
    stats: () => this.#stats(),
    tasks: (request) => taskPage(this.#program, taskQuery(request)),
    task: (request) => this.#detail(wholeNumber(request, "task") ?? 0),
    cycles: () => this.#program.cycles(),
    dump: () => this.#dump(),
    flight: () => this.#flight(),
  };

  constructor(program: Program, machine: Machine) {
    this.#program = program;
    this.#machine = machine;
  }

  /** Throws for what can't be understood, in words for whoever asked. */
  answer(request: Request): Answering {
    const { call } = request as { readonly call?: unknown };
    if (typeof call === "string" && Object.hasOwn(this.#calls, call)) return this.#calls[call as CallName](request);
    const names = Object.keys(this.#calls).join(", ");
    throw new TypeError(`there is no call ${shown(call)}: there are ${names}`);
  }

  *#hello(): Answering {
    return { ...this.#machine.hello(), flightEvents: FLIGHT_EVENTS } satisfies Hello;
  }

  *#stats(): Answering {
    const program = this.#program;
    const counts: Record<TaskState, number> = { running: 0, ready: 0, waiting: 0 };
    let tasks = 0;
    for (const task of program.tasks()) {
      counts[program.state(task)]++;
      if (++tasks % TASKS_PER_SLICE === 0) yield undefined;
    }
    const { recorder } = program;
    return {
      at: Date.now(),
      loops: program.loops,
      tasks,
      ...counts,
      steps: recorder?.steps ?? 0,
      created: recorder?.created ?? 0,
      ended: recorder?.ended ?? 0,
      lost: recorder?.lost ?? 0,
      ...this.#machine.stats(),
    } satisfies Stats;
  }

  *#detail(id: number): Answering {
    const program = this.#program;
    const names = new Map<number, LiveTask>();
    const subjects = new Set<object>();
    for (const task of program.tasks()) {
      names.set(program.id(task), task);
      const subject = program.subject(task);
      if (subject !== undefined && !(subject instanceof TaskImpl)) subjects.add(subject);
      if (names.size % TASKS_PER_SLICE === 0) yield undefined;
    }
    const task = names.get(id);
    if (task === undefined) throw new RangeError(`there is no task ${id} now: it has ended, or never was`);
    const held = new Set(program.held(subjects).get(id));
    const subject = program.subject(task);
    const waiters = [...names.values()].filter((one) => {
      const awaited = program.subject(one);
      return awaited === task || (awaited !== undefined && held.has(awaited));
    });
    const heldBy = subject === undefined || subject instanceof TaskImpl ? [] : program.holders(subject);
    const refOf = (number: number): TaskRef => {
      const holder = names.get(number);
      return holder
        ? program.ref(holder)
        : { task: number, name: number === 0 ? "code outside tasks" : "a task that has ended" };
    };
    return detail(program, task, heldBy.map(refOf), waiters, held, refOf);
  }

  *#dump(): Answering {
    let text = "";
    const tasks = dumpOf(this.#program);
    try {
      for (;;) {
        const { done, value } = tasks.next();
        if (done) {
          if (text !== "") yield text;
          return { tasks: value };
        }
        text += value;
        if (text.length < PIECE / 4) yield undefined;
        else {
          yield text;
          text = "";
        }
      }
    } finally {
      tasks.return(0); // whoever asked may have gone
    }
  }

  *#flight(): Answering {
    const { recorder } = this.#program;
    if (recorder === undefined) throw new TypeError("flight: no flight recorder runs");
    const bytes = recorder.bytes();
    const { events, lost } = recorder;
    for (let at = 0; at < bytes.length; at += PIECE) yield base64(bytes.subarray(at, at + PIECE));
    return { events: events - lost, lost };
  }
}

function detail(
  program: Program,
  task: LiveTask,
  heldBy: readonly TaskRef[],
  waiters: readonly LiveTask[],
  held: ReadonlySet<object>,
  refOf: (id: number) => TaskRef,
): TaskDetail {
  const age = program.age(task);
  const since = program.since(task);
  const waitsFor = program.waitsFor(task);
  const parent = program.parent(task);
  return {
    ...program.ref(task),
    root: rootName(task),
    state: program.state(task),
    cancelling: task.cancelRequested,
    ...(age === undefined ? {} : { age }),
    ...(since === undefined ? {} : { since }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(parent === 0 ? {} : { parent: refOf(parent) }),
    holds: [...held].map((subject) => program.resource(subject)),
    frames: program.frames(task, true),
    heldBy: heldBy.slice(0, MOST_NAMED),
    blocks: waiters.slice(0, MOST_NAMED).map((one) => program.ref(one)),
  };
}

const SORTS: readonly TaskSort[] = ["tree", "age", "since", "name"];

/** Throws for what is of a wrong kind. */
function taskQuery(request: Request): TaskQuery {
  const { filter, sort, group, toggled, lines } = request as Readonly<Record<keyof TaskQuery, unknown>>;
  const offset = wholeNumber(request, "offset");
  const limit = wholeNumber(request, "limit");
  if (filter !== undefined && typeof filter !== "string") throw new TypeError(`filter is a text, not ${shown(filter)}`);
  if (sort !== undefined && !SORTS.includes(sort as TaskSort)) {
    throw new RangeError(`sort is one of ${SORTS.join(", ")}, not ${shown(sort)}`);
  }
  if (toggled !== undefined && !(Array.isArray(toggled) && toggled.every((key) => typeof key === "string"))) {
    throw new TypeError(`toggled is a list of keys of rows, not ${shown(toggled)}`);
  }
  return {
    ...(offset === undefined ? {} : { offset }),
    ...(limit === undefined ? {} : { limit }),
    ...(filter === undefined ? {} : { filter }),
    ...(sort === undefined ? {} : { sort: sort as TaskSort }),
    ...(toggled === undefined ? {} : { toggled }),
    group: group !== false,
    lines: lines !== false,
  };
}

function wholeNumber(request: Request, name: string): number | undefined {
  const value = request[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new RangeError(`${name} is a whole number from 0 on, not ${shown(value)}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8_192) binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(binary);
}
