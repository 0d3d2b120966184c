/** The watchdog's own thread: listens to the heartbeat, and tells of every silence while it lasts. */
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { AT_BREAKPOINT, Inspection } from "./inspection.ts";
import { placeIn } from "./place.ts";
import { type FromWatchdog, Heartbeat, type Place, now, type WatchdogData } from "./shared.ts";
import { blockedInHost, blockedNow } from "./text.ts";

// A process that was stopped, and goes on, was not blocked. This thread was then late as well, and no processor time was used.
const LATE = 50; // ms
const STANDSTILL = 0.03; // of the time by which it was late: on a busy machine this thread is late, too, but the block uses some
const PATIENCE = 100; // ms that JavaScript takes at most to answer the inspector; a call of the host does not answer
const LOOK = 10; // ms between two looks for the end of a block
const REPEAT = 1_000; // ms after which a block is told of again; then twice as long, and so on
const INSPECTOR_TIMEOUT = 1_000; // ms for the first answer of an inspector, while the heart beats

const port = parentPort as NonNullable<typeof parentPort>;
const { memory, period, threshold, descriptor, expression } = workerData as WatchdogData;
const heartbeat = new Heartbeat(memory);

let apart = Infinity; // how far the clocks of the two threads are apart, or more: by the age of the youngest beat that was seen
let stopping = false;
let wake: (() => void) | undefined; // set while this thread waits

port.once("message", () => {
  stopping = true;
  wake?.();
  port.once("message", () => {}); // what keeps this thread until its last message has been read
});

/** Waits; not longer than until it has to stop. */
function pause(delay: number): Promise<void> {
  if (stopping) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, delay);
    function done(): void {
      clearTimeout(timer);
      wake = undefined;
      resolve();
    }
    wake = done;
  });
}

function post(message: FromWatchdog): void {
  port.postMessage(message);
}

/** When the heart beat last, on this thread's clock. */
function lastBeat(): number {
  const { time } = heartbeat;
  apart = Math.min(apart, now() - time);
  return time + apart;
}

/** Sees a beat when it is young. */
async function compareClocks(): Promise<void> {
  const from = heartbeat.count;
  while (!stopping && heartbeat.count < from + 2) {
    lastBeat();
    await pause(1);
  }
}

/** The inspector, if it answers: it does so when the program, which may still be starting, lets it. */
async function findInspection(): Promise<Inspection | undefined> {
  if (expression === undefined) return undefined;
  let answered = false;
  const answer = Inspection.of(expression).finally(() => {
    answered = true;
    wake?.();
  });
  const from = heartbeat.count;
  const began = now();
  while (!answered && !stopping) {
    if (now() - began > INSPECTOR_TIMEOUT && heartbeat.count - from > 5) break;
    await pause(LOOK);
  }
  return answered ? await answer : undefined;
}

/** One silence of the heart. */
class Silence {
  readonly #count = heartbeat.count;
  readonly #began: number;
  readonly #inspection: Inspection | undefined;
  #place: Place | undefined; // where it was last seen
  #looks = 0;
  #told = 0; // the last look whose place was written
  #written = false; // something was
  #asking: Promise<void> | undefined; // set while the inspector has not answered
  #atBreakpoint = false;

  constructor(inspection: Inspection | undefined, began: number) {
    this.#inspection = inspection;
    this.#began = began;
  }

  get #over(): boolean {
    return stopping || heartbeat.count !== this.#count;
  }

  get #duration(): number {
    return now() - this.#began;
  }

  /** Tells of it as long as it lasts, and once more when it is over. */
  async follow(): Promise<void> {
    let next = 0;
    let gap = REPEAT;
    while (!this.#over) {
      if (this.#duration >= next && !this.#atBreakpoint) {
        await this.#look();
        next = this.#duration + gap;
        gap *= 2;
      } else await pause(LOOK);
    }
    await this.#end();
  }

  async #look(): Promise<void> {
    this.#looks++;
    if (this.#inspection === undefined) return this.#seen(placeOfNames(heartbeat.running));
    this.#asking ??= this.#ask(this.#inspection);
    await Promise.race([this.#asking, pause(PATIENCE)]);
    if (this.#asking !== undefined && !this.#over) this.#write(blockedInHost(this.#duration));
  }

  async #ask(inspection: Inspection): Promise<void> {
    const sight = await inspection.sight().catch(() => undefined);
    this.#asking = undefined;
    wake?.();
    if (sight === AT_BREAKPOINT) this.#atBreakpoint = true;
    // A call of the host may have ended meanwhile, and all that was blocked with it: what runs by now is not the place.
    else if (sight?.beats === this.#count) this.#seen(placeIn(sight));
  }

  #seen(place: Place | undefined): void {
    if (place === undefined) return;
    this.#place = place;
    if (this.#told === this.#looks || this.#over) return;
    this.#told = this.#looks;
    this.#write(blockedNow(this.#duration, place));
  }

  #write(text: string): void {
    if (descriptor === false) return;
    this.#written = true;
    try {
      writeSync(descriptor, text);
    } catch {
      // Nobody reads there, or the pipe is full: the report comes when the loop goes on.
    }
  }

  async #end(): Promise<void> {
    const ended = heartbeat.count === this.#count ? now() : lastBeat();
    if (this.#asking !== undefined) await Promise.race([this.#asking, pause(PATIENCE)]);
    if (this.#atBreakpoint) return;
    post({ kind: "blocked", duration: ended - this.#began, place: this.#place, written: this.#written });
  }
}

function placeOfNames(running: string): Place {
  const [task, coroutines] = running.split("\n");
  if (coroutines === undefined) return { task: undefined, coroutines: [], stack: [] };
  return { task, coroutines: coroutines.split(" > "), stack: [] };
}

/** Milliseconds that the process has used. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function watch(): Promise<void> {
  const inspection = await findInspection();
  await compareClocks();
  post({ kind: "ready", sees: inspection === undefined ? "task" : "line" });
  let restarted = now(); // what lies before this is not looked at
  while (!stopping) {
    const looked = now();
    const began = Math.max(lastBeat(), restarted) + period / 2; // a block begins at some moment between two beats
    const left = began + period / 2 + threshold - looked;
    if (left <= 0) await new Silence(inspection, began).follow();
    else {
      const used = processorTime();
      await pause(left);
      const late = now() - looked - left;
      if (late > LATE && processorTime() - used < late * STANDSTILL) restarted = now();
    }
  }
  post({ kind: "ended" });
}

void watch();
