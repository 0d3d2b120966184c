/** What every whole trace of every program keeps to, whatever the program: each promise of the schema, checked event by event. */
import {
  A_RESOURCE,
  A_TASK,
  ACQUIRED,
  CALLBACK,
  CANCEL,
  CANCELLED,
  CLOCK,
  CREATED,
  DONE,
  ERROR,
  FRAME,
  GOT,
  LOST,
  NAMED,
  PUT,
  RELEASED,
  REPORT,
  STACK,
  STEP,
  TICKS,
  type Trace,
  VALUE,
  WAITS,
  WOKEN,
} from "brigade/trace";

interface TaskSeen {
  readonly parent: number;
  readonly root: number;
  name: string;
  named: boolean;
  outcome: number;
  message: number;
  steps: number;
  /** When its last step began. */
  since: number;
  /** What came since the last STEP. */
  woken: number;
  stacked: boolean;
  ended: boolean;
  top: number;
}

interface Frame {
  readonly task: number;
  readonly depth: number;
}

export interface Seen {
  readonly violations: readonly string[];
  readonly tasks: ReadonlyMap<number, Readonly<TaskSeen>>;
  readonly steps: number;
}

/** Their times are starts: the step's, for what is written at its end. */
const STARTS = new Set<number>([STEP, CALLBACK, WAITS, FRAME, STACK]);

/** Goes through the trace and gives what it breaks. `whole`: it began with its loop, and every task has ended. */
export function look(trace: Trace, { whole = true }: { readonly whole?: boolean } = {}): Seen {
  const walk = new Walk(trace, whole);
  for (let i = 0; i < trace.count; i++) walk.event(i);
  walk.end();
  return { violations: walk.violations, tasks: walk.tasks, steps: walk.steps };
}

class Walk {
  readonly violations: string[] = [];
  readonly tasks = new Map<number, TaskSeen>();
  steps = 0;
  readonly #trace: Trace;
  readonly #whole: boolean;
  readonly #frames = new Map<number, Frame>();
  readonly #held = new Map<number, number>(); // permits of a resource that are out
  readonly #inside = new Map<number, number>(); // items of a queue
  #latest = -Infinity; // when the last step began
  #virtual = false;
  #index = 0;
  #spans: [start: number, end: number, task: number][] = [];

  constructor(trace: Trace, whole: boolean) {
    this.#trace = trace;
    this.#whole = whole;
  }

  #broken(what: string): void {
    if (this.violations.length < 20) this.violations.push(`event ${this.#index}: ${what}`);
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.#broken(what);
  }

  #string(number: number, what: string): string {
    const text = this.#trace.strings[number];
    if (text === undefined) this.#broken(`${what}: there is no string ${number}`);
    return text ?? "";
  }

  /** The task of that number; where the trace is whole it has been told of. */
  #task(number: number, what: string): TaskSeen | undefined {
    const task = this.tasks.get(number);
    if (task === undefined && this.#whole) this.#broken(`${what}: task ${number} was not told of`);
    return task;
  }

  event(i: number): void {
    this.#index = i;
    const { type, time, task, a, b } = this.#trace;
    const row = [type[i], time[i], task[i], a[i], b[i]] as [number, number, number, number, number];
    const [kind, when] = row;
    this.#check(kind >= CREATED && kind <= CLOCK, `there is no event ${kind}`);
    this.#check(Number.isFinite(when) && when >= 0, `its time is ${when}`);
    if (i === 0 && this.#whole) this.#check(kind === CLOCK, "the first event is CLOCK");
    // The clock is looked at once a step, or less: an event's time is that of a moment in its step. Times are whole ticks.
    this.#check(STARTS.has(kind) || when >= this.#latest - 2 / TICKS, `its time ${when} is before ${this.#latest}`);
    if (kind === STEP) this.#latest = Math.max(this.#latest, when);
    this.#one(row);
  }

  #one([kind, when, task, a, b]: [number, number, number, number, number]): void {
    if (kind === CREATED) return this.#created(task, a, b);
    if (kind === CLOCK) {
      this.#virtual = a === 1;
      return;
    }
    if (kind === LOST) return this.#check(!this.#whole, "events of a whole trace are lost");
    if (kind === CALLBACK) return this.#check(a >= TICKS && task === 0, "a callback of less than a millisecond");
    if (kind === REPORT) {
      this.#check(this.#string(a, "REPORT") !== "" && this.#string(b, "REPORT") !== "", "an empty report");
      return;
    }
    if ([ACQUIRED, RELEASED, PUT, GOT].includes(kind)) return this.#resource(kind, task, a);
    const it = this.#task(task, `event of kind ${kind}`);
    if (it === undefined) return;
    this.#check(!it.ended, `task ${task} has ended before its event of kind ${kind}`);
    if (kind === STEP) this.#step(it, when, task, a, b);
    else if (kind === NAMED) this.#named(it, task, a, b);
    else this.#ofTask(it, kind, task, a, b);
  }

  #created(task: number, parent: number, root: number): void {
    if (this.#whole) this.#check(task === this.tasks.size + 1, `task ${task} is created after ${this.tasks.size}`);
    this.#check(!this.tasks.has(task), `task ${task} is created again`);
    if (parent !== 0) {
      const maker = this.#task(parent, "CREATED");
      this.#check(
        !this.#whole || maker === undefined || !maker.ended,
        `task ${task} is created by ${parent}, which has ended`,
      );
    }
    this.#string(root, "CREATED");
    const none = { name: "", named: false, outcome: 0, message: 0, steps: 0, since: 0, woken: 0 };
    this.tasks.set(task, { parent, root, ...none, stacked: false, ended: false, top: 0 });
    if (this.#whole) this.#check(this.#trace.type[this.#index + 1] === NAMED, "NAMED follows CREATED");
  }

  #named(it: TaskSeen, task: number, a: number, b: number): void {
    this.#check(!this.#whole || this.#trace.task[this.#index - 1] === task, "NAMED follows the CREATED of its task");
    this.#check((a === 0) !== (b === 0), "a task has a name or a number");
    it.name = a === 0 ? `Task-${b}` : this.#string(a, "NAMED");
    it.named = true;
  }

  #step(it: TaskSeen, when: number, task: number, ran: number, place: number): void {
    this.steps++;
    this.#check(when >= it.since - 2 / TICKS, `task ${task} steps at ${when}, before its last step at ${it.since}`);
    this.#check(
      (place === 0) === (it.outcome !== 0),
      `task ${task} waits at place ${place}, with outcome ${it.outcome}`,
    );
    if (place !== 0) {
      const where = this.#trace.places[place];
      this.#check(where !== undefined && where.kind !== "", `there is no place ${place}`);
      this.#check(!this.#whole || it.top !== 0, `task ${task} waits, and no frame of it was told of`);
    }
    it.since = when;
    it.steps++;
    it.woken = 0;
    it.stacked = false;
    it.ended = it.outcome !== 0;
    if (!this.#virtual) this.#spans.push([when, when + ran / TICKS, task]);
  }

  #ofTask(it: TaskSeen, kind: number, task: number, a: number, b: number): void {
    if (kind === WOKEN) {
      this.#check(it.outcome === 0, `task ${task} is woken after its end`);
      this.#check(it.woken++ === 0, `task ${task} is woken twice before its step`);
      if (a !== 0) this.#task(a, "WOKEN by");
    } else if (kind === DONE) {
      this.#check(it.outcome === 0, `task ${task} ends twice`);
      this.#check([VALUE, ERROR, CANCELLED].includes(a), `task ${task} ends in outcome ${a}`);
      this.#check(a === ERROR || b === 0, "the message of an error, and no error");
      it.outcome = a;
      it.message = b;
      this.#string(b, "DONE");
    } else if (kind === CANCEL) {
      if (a !== 0) this.#task(a, "CANCEL by");
    } else if (kind === WAITS) {
      this.#check(b === A_TASK || b === A_RESOURCE, `task ${task} waits for something of kind ${b}`);
      if (b === A_TASK) this.#task(a, "WAITS for");
      else this.#check(this.#trace.resources[a] !== undefined, `there is no resource ${a}`);
    } else if (kind === FRAME) this.#frame(task, a, b);
    else if (kind === STACK) {
      const frame = this.#frames.get(a);
      this.#check(!it.stacked, `task ${task} has two STACK events in one step`);
      if (frame !== undefined) {
        this.#check(frame.task === task, `task ${task} has the frame of task ${frame.task} on top`);
        this.#check(frame.depth === b, `activation ${a} stands at depth ${b}, and has ${frame.depth} callers`);
      } else this.#check(!this.#whole, `activation ${a} was not told of`);
      it.stacked = true;
      it.top = a;
    }
  }

  #frame(task: number, activation: number, caller: number): void {
    if (this.#whole) {
      this.#check(activation === this.#frames.size + 1, `activation ${activation} comes after ${this.#frames.size}`);
    }
    this.#check(!this.#frames.has(activation), `activation ${activation} is told of twice`);
    const below = this.#frames.get(caller);
    if (caller !== 0 && this.#whole) {
      this.#check(below?.task === task, `activation ${activation} is called by ${caller}, which is not of its task`);
    }
    this.#frames.set(activation, { task, depth: (below?.depth ?? 0) + 1 });
  }

  #resource(kind: number, by: number, resource: number): void {
    const { kind: what = "", capacity = Infinity } = this.#trace.resources[resource] ?? {};
    this.#check(what !== "", `there is no resource ${resource}`);
    if (by !== 0) this.#task(by, "a resource's event");
    const counts = kind === ACQUIRED || kind === RELEASED ? this.#held : this.#inside;
    const count = (counts.get(resource) ?? 0) + (kind === ACQUIRED || kind === PUT ? 1 : -1);
    counts.set(resource, count);
    if (!this.#whole) return;
    this.#check(count >= 0, `more came back to ${what} ${resource} than went out`);
    if (capacity > 0) this.#check(count <= capacity, `${count} of ${what} ${resource} are out, of ${capacity}`);
  }

  end(): void {
    if (!this.#whole) return;
    this.#index = this.#trace.count;
    for (const [number, task] of this.tasks) {
      this.#check(task.outcome !== 0, `task ${number} has not ended`);
      this.#check(task.named, `task ${number} was not named`);
    }
    this.#check(this.#trace.lost === 0, `${this.#trace.lost} events are lost`);
    this.#stepsApart();
  }

  /** Steps run one at a time; only an eager task's first one runs inside another's. */
  #stepsApart(): void {
    const spans = this.#spans.toSorted((x, y) => x[0] - y[0] || y[1] - x[1]);
    const open: [number, number, number][] = [];
    for (const span of spans) {
      while (open.length > 0 && (open.at(-1) as [number, number, number])[1] <= span[0] + 3 / TICKS) open.pop();
      const around = open.at(-1);
      if (around !== undefined && around[1] < span[1] - 3 / TICKS) {
        this.#broken(
          `steps of tasks ${around[2]} and ${span[2]} overlap: ${around.slice(0, 2)} and ${span.slice(0, 2)}`,
        );
      }
      open.push(span);
    }
  }
}
