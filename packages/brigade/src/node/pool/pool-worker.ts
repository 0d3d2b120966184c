/** One worker of a pool, as the pool sees it: what it does, and how it ends. It runs one call at a time. */
import type { WorkerEnding } from "../errors.ts";
import type { Channel, ChannelListener } from "./channel.ts";
import { cloneError } from "./clone-fault.ts";
import { fromTheWire, type ThrownOnTheWire } from "./errors-on-the-wire.ts";
import {
  type Answer,
  CALL,
  CANCEL,
  CLOSE,
  DONE,
  DYING,
  END,
  type FromWorker,
  ITEM,
  PULL,
  READY,
  type ToWorker,
  UNLOADABLE,
  VALUE,
} from "./messages.ts";
import { movedWithAny } from "./transfer.ts";
import type { Work, WorkRunner } from "./work.ts";

export type WorkerState =
  | "starting" // the module is being loaded
  | "idle"
  | "busy"
  | "ending" // it was told to end
  | "killed" // its end will be told soon
  | "dead";

/** What a worker tells its pool. */
export interface WorkerOwner {
  readonly grace: number;
  readonly recycle: number;
  /** The module is loaded: it can take work. */
  ready(worker: PoolWorker): void;
  /** The module can't be loaded. */
  unloadable(worker: PoolWorker, error: unknown): void;
  /** It has done its work. */
  free(worker: PoolWorker): void;
  /** It did not end in time, and is being killed. */
  overdue(worker: PoolWorker, reason: unknown): void;
  /** It is no more. `work` is what it ran. */
  gone(worker: PoolWorker, before: WorkerState, ending: WorkerEnding, error: unknown, work: Work | undefined): void;
}

// How long a worker that does nothing has for its end, whatever the grace of calls: it may have listeners for its exit.
const ENDING = 5_000; // ms
const LONGEST_TIMER = 2 ** 31 - 1; // ms; what setTimeout can take

export class PoolWorker implements ChannelListener, WorkRunner {
  readonly number: number;
  readonly origin: string;
  readonly #channel: Channel;
  readonly #owner: WorkerOwner;
  #state: WorkerState = "starting";
  #work: Work | undefined; // not undefined ⇔ busy, or killed while it was
  #calls = 0; // that it has taken; the id of the last
  #grace: ReturnType<typeof setTimeout> | undefined; // set while it has to end soon what it does
  #dying: ThrownOnTheWire | undefined;

  constructor(number: number, origin: string, owner: WorkerOwner, open: (listener: ChannelListener) => Channel) {
    this.number = number;
    this.origin = origin;
    this.#owner = owner;
    this.#channel = open(this);
    this.#channel.hold(true);
  }

  get kind(): Channel["kind"] {
    return this.#channel.kind;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** What it runs. */
  get work(): Work | undefined {
    return this.#work;
  }

  // ── Told by the pool ──

  /** Runs the work. Only called when it is idle. */
  take(work: Work): void {
    const moved = movedWithAny(work.args);
    const message: ToWorker = [CALL, ++this.#calls, work.name, work.args, work.credit];
    try {
      this.#channel.post(message, moved);
    } catch (error) {
      const names = work.args.map((_, index) => `argument ${index + 1} of "${work.name}"`);
      work.failed(
        cloneError(error, work.args, names, (value) => this.#channel.clones(value)),
        false,
      );
      this.#owner.free(this);
      return;
    }
    if (moved !== undefined) work.moved = true;
    this.#state = "busy";
    this.#work = work;
    work.worker = this;
    this.#channel.hold(true);
  }

  cancel(reason: unknown): void {
    this.#stop([CANCEL, this.#calls, typeof reason === "string" ? reason : undefined], reason);
  }

  closeStream(reason: unknown): void {
    this.#stop([CLOSE, this.#calls], reason);
  }

  #stop(message: ToWorker, reason: unknown): void {
    if (this.#state !== "busy" || this.#grace !== undefined) return;
    const { grace } = this.#owner;
    if (grace > 0) {
      this.#channel.post(message);
      this.#channel.alert();
    }
    this.#killAfter(grace, reason);
  }

  #killAfter(grace: number, reason: unknown): void {
    const kill = (): void => {
      this.#owner.overdue(this, reason);
      this.kill();
    };
    if (grace === 0) kill();
    else if (grace < Infinity) this.#grace = setTimeout(kill, Math.min(grace, LONGEST_TIMER));
  }

  pull(credit: number): void {
    if (this.#state === "busy") this.#channel.post([PULL, this.#calls, credit]);
  }

  /** Nothing is to be done: it does not keep the process alive. */
  rest(): void {
    this.#state = "idle";
    this.#channel.hold(false);
  }

  /** Whether it has taken as many calls as it may. */
  get usedUp(): boolean {
    return this.#calls >= this.#owner.recycle;
  }

  /** Ends it gently. Only called when it runs nothing. */
  end(reason: unknown): void {
    this.#state = "ending";
    this.#channel.hold(true);
    this.#channel.post([END]);
    this.#killAfter(Math.max(this.#owner.grace, ENDING), reason);
  }

  kill(): void {
    if (this.#state === "killed" || this.#state === "dead") return;
    this.#state = "killed";
    this.#channel.hold(true);
    this.#channel.kill();
  }

  // ── Told by the channel ──

  message(message: FromWorker): void {
    if (message[0] === DYING) {
      this.#dying = message[1];
      return;
    }
    this.#dying = undefined; // it has outlived that
    if (message[0] === READY) {
      if (this.#state === "starting") this.#owner.ready(this);
    } else if (message[0] === UNLOADABLE) {
      if (this.#state === "starting") this.#owner.unloadable(this, fromTheWire(message[1], this.origin));
    } else if (message[1] === this.#calls && this.#work !== undefined) this.#hear(message, this.#work);
  }

  #hear(answer: Answer, work: Work): void {
    if (answer[0] === ITEM) return work.gaveItem(answer[2]);
    // The next call is on its way before anybody thinks about this one.
    this.#over();
    if (answer[0] === VALUE) work.gave(answer[2]);
    else if (answer[0] === DONE) work.ended();
    else work.failed(fromTheWire(answer[2], this.origin), answer[3]);
  }

  #over(): void {
    if (this.#work !== undefined) this.#work.worker = undefined;
    this.#work = undefined;
    if (this.#grace !== undefined) clearTimeout(this.#grace);
    this.#grace = undefined;
    if (this.#state === "busy") this.#owner.free(this);
  }

  ended(ending: WorkerEnding, thrown: unknown): void {
    const before = this.#state;
    const work = this.#work;
    this.#state = "dead";
    this.#over();
    if (this.#dying === undefined) return this.#owner.gone(this, before, ending, thrown, work);
    const error = fromTheWire(this.#dying, this.origin);
    this.#owner.gone(this, before, { ...ending, reason: "error" }, error, work);
  }
}
