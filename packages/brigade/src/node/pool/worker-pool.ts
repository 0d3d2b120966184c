/** Workers and the line of what waits for them. Invariant: nobody waits while a worker is idle. */
import { InvalidStateError } from "../../errors.ts";
import type { Closer } from "../../task/home.ts";
import type { TaskLoop } from "../../task/event-loop.ts";
import type { Awaitable } from "../../types.ts";
import { PoolFullError, WorkerDiedError, type WorkerEnding } from "../errors.ts";
import { Reply } from "../../border/reply.ts";
import type { Channel, ChannelListener, WorkerStart } from "./channel.ts";
import { ENDED_WITH_RUN, KillNotes } from "./kill-notes.ts";
import { PoolWorker, type WorkerOwner, type WorkerState } from "./pool-worker.ts";
import type { PoolSettings } from "./settings.ts";
import { type Work, WorkLine } from "./work.ts";

/** Starts a worker of one kind. */
export type OpenChannel = (start: WorkerStart, listener: ChannelListener) => Channel;

type PoolState =
  | "new" // on no loop
  | "open"
  | "closing" // no new calls; ends when no worker is left
  | "closed";

export class WorkerPool implements WorkerOwner, Closer {
  readonly settings: PoolSettings;
  readonly #kind: Channel["kind"];
  readonly #openChannel: OpenChannel;
  #state: PoolState = "new";
  #afterwards: "new" | "closed" = "closed"; // what it is when it has closed
  #loop: TaskLoop | undefined; // not undefined ⇔ open or closing
  readonly #line = new WorkLine();
  readonly #workers = new Set<PoolWorker>(); // those that are not dead
  readonly #idle: PoolWorker[] = []; // the one that was busy last is taken first
  #starting = 0;
  #numbered = 0; // workers that there ever were
  readonly #kills: KillNotes;
  #closings: Reply<void>[] = []; // who waits for the end

  constructor(kind: Channel["kind"], settings: PoolSettings, open: OpenChannel) {
    this.#kind = kind;
    this.settings = settings;
    this.#openChannel = open;
    this.#kills = new KillNotes(settings.name);
  }

  get name(): string {
    return this.settings.name;
  }

  get grace(): number {
    return this.settings.grace;
  }

  get recycle(): number {
    return this.settings.recycle;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#line.size;
  }

  // ── Work ──

  /** Gives the work to a worker, or puts it in the line. Throws where that can't be. */
  submit(work: Work, loop: TaskLoop): void {
    this.#bind(loop);
    const free = this.#idle.length > 0 ? undefined : this.settings.size - this.#busy();
    if (free !== undefined && this.#line.size >= this.settings.queue + free) {
      const { queue } = this.settings;
      const wait = `${queue} ${queue === 1 ? "call waits" : "calls wait"}`;
      throw new PoolFullError(
        `pool ${this.name} is full: every worker is busy and ${wait}, as its queue allows`,
        queue,
      );
    }
    this.#line.add(work);
    this.#dispatch();
  }

  #busy(): number {
    let busy = 0;
    for (const worker of this.#workers) if (worker.state === "busy") busy++;
    return busy;
  }

  /** The waiting task is cancelled. */
  cancel(work: Work, reason: unknown): void {
    if (work.worker !== undefined) work.worker.cancel(reason);
    else {
      this.#line.remove(work);
      work.failed(undefined, true);
    }
  }

  /** The stream is not read any more. */
  cancelStream(work: Work, reason: unknown): void {
    if (work.worker !== undefined) work.worker.closeStream(reason);
    else {
      this.#line.remove(work);
      work.ended();
    }
  }

  #bind(loop: TaskLoop): void {
    if (this.#state === "open" && this.#loop === loop) return;
    if (this.#state === "open")
      throw new InvalidStateError(`pool ${this.name} serves another run; make a pool for each run`);
    if (this.#state !== "new")
      throw new InvalidStateError(`pool ${this.name} is ${this.#state}: it takes no more calls`);
    this.#state = "open";
    this.#loop = loop;
    loop.closers.add(this);
  }

  #dispatch(): void {
    while (this.#line.size > 0 && this.#idle.length > 0) (this.#idle.pop() as PoolWorker).take(this.#line.shift());
    // Where one can't be started nobody waits any more.
    while (this.#line.size > this.#starting && this.#serving() < this.settings.size) this.#start();
  }

  /** Workers that take calls, or will. */
  #serving(): number {
    let serving = 0;
    for (const { state } of this.#workers) if (state === "busy" || state === "idle" || state === "starting") serving++;
    return serving;
  }

  #start(): void {
    const number = ++this.#numbered;
    const { module, name, env, execArgv, resourceLimits } = this.settings;
    const start: WorkerStart = { module, name: `${name} ${number}`, env, execArgv, resourceLimits };
    const origin = `worker ${number} (${this.#kind}) of pool ${name}`;
    let worker: PoolWorker;
    try {
      worker = new PoolWorker(number, origin, this, (listener) => this.#openChannel(start, listener));
    } catch (error) {
      return this.#failWaiting(error); // flags, for instance, that a thread can't have
    }
    this.#starting++;
    this.#workers.add(worker);
  }

  // ── Told by the workers ──

  ready(worker: PoolWorker): void {
    this.#starting--;
    this.#rest(worker);
  }

  free(worker: PoolWorker): void {
    if (!worker.usedUp) return this.#rest(worker);
    worker.end("recycled");
    this.#dispatch();
  }

  #rest(worker: PoolWorker): void {
    if (this.#line.size > 0) return worker.take(this.#line.shift());
    if (this.#state === "closing") return worker.end(this.#afterwards === "new" ? ENDED_WITH_RUN : "closed");
    worker.rest();
    this.#idle.push(worker);
  }

  unloadable(worker: PoolWorker, error: unknown): void {
    worker.kill();
    this.#starting--;
    if (error instanceof Error) retitle(error, `${this.settings.module} can't be loaded: ${error.message}`);
    this.#failWaiting(error);
  }

  /** No worker can be started: it would not help to try again for those who wait. */
  #failWaiting(error: unknown): void {
    for (const work of this.#line.drain()) work.failed(error, false);
    this.#checkEnd();
  }

  overdue(worker: PoolWorker, reason: unknown): void {
    if (this.#state === "closing" || reason === ENDED_WITH_RUN) this.#kills.note(worker);
  }

  gone(worker: PoolWorker, before: WorkerState, ending: WorkerEnding, error: unknown, work: Work | undefined): void {
    this.#workers.delete(worker);
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
    if (before === "starting") {
      this.#starting--;
      this.#failWaiting(this.#death(worker, `while it was loading ${this.settings.module}`, ending, error));
    }
    if (work !== undefined) this.#orphaned(work, worker, before, ending, error);
    this.#dispatch();
    this.#checkEnd();
  }

  #orphaned(work: Work, worker: PoolWorker, before: WorkerState, ending: WorkerEnding, error: unknown): void {
    const died = this.#death(worker, `while it ran "${work.name}"`, ending, error);
    if (before === "killed") return work.failed(died, true);
    work.deaths++;
    if (work.deaths > this.settings.retries || !work.repeatable) work.failed(died, false);
    else this.#line.addFirst(work);
  }

  #death(worker: PoolWorker, when: string, ending: WorkerEnding, error: unknown): WorkerDiedError {
    const { number, kind } = worker;
    const message = `worker ${number} (${kind}) of pool ${this.name} died ${when}: ${reasonOf(ending, error)}`;
    return new WorkerDiedError(message, ending, error === undefined ? undefined : { cause: error });
  }

  // ── The end ──

  /** Waits until it has closed, and lets what runs end first. */
  closing(drops: boolean): Awaitable<void> {
    return new Closing(this.name, (reply) => this.#close(reply, drops, "closed"));
  }

  /** The run ends: its calls are cancelled. Another run may use the pool then. */
  close(): Awaitable<void> {
    return new Closing(this.name, (reply) => this.#close(reply, true, "new"));
  }

  #close(reply: Reply<void>, drops: boolean, afterwards: "new" | "closed"): void {
    if (this.#state === "new" || this.#state === "closed") {
      if (afterwards === "closed") this.#state = "closed";
      return reply.succeed();
    }
    this.#closings.push(reply);
    if (this.#state === "open") this.#afterwards = afterwards;
    else if (afterwards === "closed") this.#afterwards = "closed";
    this.#state = "closing";
    if (drops) for (const work of this.#line.drain()) work.dropped(this.#droppedError());
    for (const { work } of [...this.#workers]) {
      if (work !== undefined && (drops || work.credit > 0)) work.dropped(this.#droppedError());
    }
    const reason = afterwards === "new" ? ENDED_WITH_RUN : "closed";
    for (const worker of this.#idle.splice(0)) worker.end(reason);
    this.#checkEnd();
  }

  #droppedError(): InvalidStateError {
    return new InvalidStateError(`pool ${this.name} was closed before the call had ended`);
  }

  #checkEnd(): void {
    if (this.#state !== "closing" || this.#line.size > 0) return;
    for (const worker of this.#workers) if (worker.state === "starting") worker.kill();
    if (this.#workers.size > 0) return;
    const loop = this.#loop as TaskLoop;
    loop.closers.delete(this);
    this.#kills.report(loop, this.#afterwards === "new");
    this.#state = this.#afterwards;
    this.#loop = undefined;
    for (const reply of this.#closings.splice(0)) reply.succeed();
  }
}

class Closing extends Reply<void> {
  readonly #begins: (reply: Reply<void>) => void;

  constructor(name: string, begins: (reply: Reply<void>) => void) {
    super("closing pool", name);
    this.#begins = begins;
  }

  protected override begin(): void {
    this.#begins(this);
  }
}

/** Changes the message where it is shown, too. */
function retitle(error: Error, message: string): void {
  if (error.stack !== undefined) error.stack = error.stack.replace(error.message, () => message);
  error.message = message;
}

function reasonOf({ reason, exitCode, signal, stderr }: WorkerEnding, error: unknown): string {
  const last = lastWords(stderr);
  const said = last === undefined ? "" : `; the last it wrote to stderr: ${last}`;
  if (reason === "out-of-memory") return "it ran out of memory; raise resourceLimits, or give it less at a time";
  if (reason === "signal") return `it was killed by ${signal}${said}`;
  if (reason === "exit") return `it exited with code ${exitCode}${said}`;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if ((signal === undefined && exitCode === undefined) || code === "ERR_WORKER_INIT_FAILED")
    return `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
  return `an error was thrown outside of the call: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

/** The line that says most: that of the error, where Node has printed one with its stack and version below. */
function lastWords(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => line !== "" && !/^(?:at |Node\.js v\d|\^+$|[{}])/.test(line));
  return telling.findLast((line) => /^(?:Uncaught )?\S*Error\b.*:/.test(line)) ?? telling.at(-1);
}
