/**
 * Runs a small program in every order that a schedule can bring about: every order of creation, 0 to 2 iterations of
 * delay before each operation, and cancellations of every task, and of every pair, in every iteration of its life.
 */
import {
  type Awaitable,
  type CoroutineBody,
  createTask,
  getRunningLoop,
  type Report,
  sleep,
  sleepUntil,
  type Task,
} from "brigade";
import { virtually } from "../virtually.ts";

/** One thing that a task does, such as `queue.get()`. It must be made when it is called, not before. */
export type Operation = () => Awaitable<unknown>;

export type Outcome = "value" | "cancelled" | "waiting" | { readonly error: unknown };

/** How one task of the program got on. */
export interface Ending {
  readonly outcome: Outcome;
  /** Whether a `cancel()` of the schedule was accepted. */
  readonly cancelled: boolean;
}

/** Made anew for each schedule, inside the loop. A check says what is wrong by throwing. */
export interface Program {
  readonly tasks: readonly (readonly Operation[])[];
  /** When nothing can run any more. A task that is still waiting then waits for ever. */
  readonly atRest?: (endings: readonly Ending[]) => void;
  /** When those that waited were cancelled too, and all have ended. */
  readonly atEnd?: (endings: readonly Ending[]) => void;
  /** Errors that a task may end with. None unless given. */
  readonly mayFail?: (error: unknown) => boolean;
  /** Reports that the loop may make meanwhile. None unless given. */
  readonly mayReport?: (report: Report) => boolean;
}

export interface Exploration {
  readonly schedules: number;
  /** How many cancellations found a task that had not ended. */
  readonly cancellations: number;
}

export interface Limits {
  /** The most iterations of delay before an operation. 2 unless given. */
  readonly pauses?: number;
  /** The most tasks that are cancelled in one schedule. 2 unless given; pairs with delays of at most one iteration. */
  readonly victims?: 0 | 1 | 2;
  /** The moment, in milliseconds from the start, from which the iterations of the cancellations are counted. 0 unless given. */
  readonly from?: number;
}

interface Cancellation {
  readonly victim: number;
  /** The iteration, counted from the start. */
  readonly hop: number;
}

interface Schedule {
  readonly order: readonly number[];
  /** The delay before each operation, task by task. */
  readonly pauses: readonly number[];
  /** Whether the task that cancels was made before or after the others. */
  readonly controller: "first" | "last";
  readonly from: number;
  readonly cancellations: readonly Cancellation[];
}

/** Long enough for every sleep of a small program. Time jumps there only when nothing can run. */
const REST = 1_000;
/** No small program is busy for longer. */
const LONGEST = 40;

/** Pairs of cancellations are tried with delays up to this: they square the number of schedules. */
const PAIR_PAUSES = 1;

/** A broken claim. It is kept, because the program it is thrown in may well swallow it. */
class Violation extends Error {
  static first: Violation | undefined;
  override readonly name: string = "Violation";
  static note(claim: string): Violation {
    Violation.first ??= new Violation(claim);
    return Violation.first;
  }
}

/** Throws unless the condition holds. */
export function demand(condition: boolean, claim: string): asserts condition {
  if (!condition) throw Violation.note(claim);
}

/** Every list of `length` numbers from 0 to `most`. */
function* lists(length: number, most: number): Generator<number[]> {
  if (length === 0) return yield [];
  for (const rest of lists(length - 1, most)) for (let first = 0; first <= most; first++) yield [first, ...rest];
}

function* permutations(items: readonly number[]): Generator<number[]> {
  if (items.length === 0) return yield [];
  for (const [index, first] of items.entries())
    for (const rest of permutations(items.toSpliced(index, 1))) yield [first, ...rest];
}

/** No cancellation, every single one, and every pair of two tasks, up to the given iteration. */
function* cancellationsUpTo(last: number, tasks: number, victims: number): Generator<Cancellation[]> {
  for (let victim = 0; victims > 0 && victim < tasks; victim++)
    for (let hop = 0; hop <= last; hop++) {
      yield [{ victim, hop }];
      for (let second = victim + 1; victims > 1 && second < tasks; second++)
        for (let later = 0; later <= last; later++)
          yield [
            { victim, hop },
            { victim: second, hop: later },
          ];
    }
}

/** One run of the program under one schedule. */
class Run {
  readonly #program: Program;
  readonly #schedule: Schedule;
  readonly #tasks: Task<unknown>[] = [];
  readonly #accepted = new Set<number>();
  #hop = 0;
  #counting = false;
  /** The last iteration in which an operation began or ended, of those that were counted. */
  lastActivity = 0;

  constructor(program: Program, schedule: Schedule) {
    this.#program = program;
    this.#schedule = schedule;
  }

  get cancellations(): number {
    return this.#accepted.size;
  }

  *explore(): CoroutineBody<void> {
    const { order, controller } = this.#schedule;
    const start = getRunningLoop().time();
    const controlling = controller === "first" ? createTask(this.#control(start)) : undefined;
    for (const index of order) this.#tasks[index] = createTask(this.#perform(index));
    yield* controlling ?? createTask(this.#control(start));
    yield* sleep(REST);
    const endings = this.#endings();
    this.#judge(endings);
    this.#program.atRest?.(endings);
    if (endings.some(({ outcome }) => outcome === "waiting")) {
      for (const task of this.#tasks) task.cancel();
      yield* sleep(REST);
    }
    demand(
      this.#tasks.every((task) => task.done),
      "a task that was cancelled never ended",
    );
    this.#program.atEnd?.(this.#endings());
  }

  *#control(start: number): CoroutineBody<void> {
    const { from, cancellations } = this.#schedule;
    if (from > 0) yield* sleepUntil(start + from);
    const last = cancellations.length === 0 ? LONGEST : Math.max(...cancellations.map(({ hop }) => hop));
    this.#counting = true;
    for (this.#hop = 0; this.#hop <= last; this.#hop++) {
      for (const { victim, hop } of cancellations)
        if (hop === this.#hop && this.#tasks[victim]?.cancel() === true) this.#accepted.add(victim);
      yield* sleep(0);
    }
    this.#counting = false;
  }

  *#perform(index: number): CoroutineBody<void> {
    const { tasks } = this.#program;
    const before = tasks.slice(0, index).reduce((sum, operations) => sum + operations.length, 0);
    try {
      for (const [step, operation] of (tasks[index] ?? []).entries()) {
        for (let pause = this.#schedule.pauses[before + step] ?? 0; pause > 0; pause--) yield* sleep(0);
        this.#goesOn(index);
        yield* operation();
        this.#goesOn(index);
      }
    } finally {
      this.#note();
    }
  }

  #note(): void {
    if (this.#counting) this.lastActivity = this.#hop;
  }

  #goesOn(index: number): void {
    this.#note();
    demand(!this.#accepted.has(index), `task ${index} went on after it was cancelled`);
  }

  #endings(): Ending[] {
    return this.#tasks.map((task, index) => ({ outcome: outcomeOf(task), cancelled: this.#accepted.has(index) }));
  }

  #judge(endings: readonly Ending[]): void {
    for (const [index, { outcome, cancelled }] of endings.entries()) {
      if (typeof outcome === "object") {
        if (this.#program.mayFail?.(outcome.error) !== true) throw outcome.error;
      } else if (cancelled)
        demand(outcome === "cancelled", `task ${index} was cancelled, and its outcome is ${outcome}`);
      else demand(outcome !== "cancelled", `task ${index} was not cancelled, and its outcome is`);
    }
  }
}

function outcomeOf(task: Task<unknown>): Outcome {
  if (!task.done) return "waiting";
  if (task.cancelled) return "cancelled";
  const error = task.exception();
  return error === undefined ? "value" : { error };
}

/** Runs every schedule, each with a program of its own; throws at the first that breaks a claim, and says which it was. */
export async function explore(make: () => Program, limits: Limits = {}): Promise<Exploration> {
  const { pauses: most = 2, victims = 2, from = 0 } = limits;
  let program: Program | undefined;
  const total = { schedules: 0, cancellations: 0 };
  const perform = function* (schedule: Schedule): CoroutineBody<number> {
    program = make();
    const run = new Run(program, schedule);
    yield* createTask(judged(run, schedule));
    total.schedules++;
    total.cancellations += run.cancellations;
    return run.lastActivity;
  };
  const main = function* () {
    const { tasks } = make();
    for (const pauses of lists(tasks.flat().length, most))
      for (const order of permutations([...tasks.keys()]))
        for (const controller of ["first", "last"] as const) {
          const schedule = { order, pauses, controller, from, cancellations: [] };
          const last = yield* createTask(perform(schedule));
          const pairs = Math.max(0, ...pauses) <= PAIR_PAUSES;
          for (const cancellations of cancellationsUpTo(last + 1, tasks.length, pairs ? victims : Math.min(victims, 1)))
            yield* createTask(perform({ ...schedule, cancellations }));
        }
    return total;
  };
  const onReport = (report: Report) => {
    if (program?.mayReport?.(report) !== true) Violation.note(`reported: ${report.kind}: ${report.message}`);
  };
  return withoutStacks(() => virtually(main, { onReport }));
}

/** Performs the schedule, and throws what was wrong with it. */
function* judged(run: Run, schedule: Schedule): CoroutineBody<void> {
  Violation.first = undefined;
  let thrown: unknown;
  try {
    yield* createTask(run.explore());
  } catch (error) {
    thrown = error;
  }
  const wrong = Violation.first ?? thrown;
  if (wrong !== undefined) throw new Error(`${(wrong as Error).message} (${describe(schedule)})`, { cause: wrong });
}

/** Thousands of errors are thrown on the way, and the test runner maps every line of every stack to its source. */
async function withoutStacks<T>(work: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function describe({ order, pauses, controller, from, cancellations }: Schedule): string {
  const cancels = cancellations.map(({ victim, hop }) => `task ${victim} cancelled at iteration ${hop}`);
  const clock = from === 0 ? [] : [`counted from ${from} ms`];
  return [`order ${order}`, `pauses ${pauses}`, `controller ${controller}`, ...cancels, ...clock].join("; ");
}

/** Says how many schedules were explored, and gives that number. */
export function told(what: string, { schedules, cancellations }: Exploration): number {
  console.info(`${what}: ${schedules} schedules, ${cancellations} cancellations`);
  return schedules;
}
