/**
 * Reads at which lines tasks wait. A coroutine that is suspended is asked, which takes some microseconds a frame: that is
 * done for the first waits of a kind, and for others while the loop has nothing else to do, in a small part of its time.
 */
import { host } from "../../kernel/host.ts";
import { type Frame, probe } from "../../task/frame.ts";
import type { PlaceFrame } from "../format/schema.ts";
import type { Seen, TaskTable } from "./notes.ts";

const LONGEST_READING = 2; // ms in a row: the program waits as long
const MOST_SAVED = 20; // ms that may have been saved up for reading
const MOST_FRAMES = 100; // of a place, innermost first
const MOST_WAITING = 4_000; // waits that are remembered for reading; of more, the lines are guessed from like ones

type Tell = (row: number, event: number, frames: readonly PlaceFrame[]) => void;

export class Lines {
  readonly #share: number;
  #saved = MOST_SAVED; // ms that may be spent
  #since = host.now(); // when that was counted
  // Waits whose lines are still to be read: the row of the task, and the STEP that the wait began with.
  readonly #rows = new Uint32Array(MOST_WAITING);
  readonly #events = new Float64Array(MOST_WAITING);
  #unread = 0;

  /** `share` of the time may be spent, from 0 to 1. */
  constructor(share: number) {
    this.#share = share;
  }

  get off(): boolean {
    return this.#share === 0;
  }

  /** Remembers the wait for later. */
  note(row: number, event: number): void {
    if (this.#unread === MOST_WAITING) return;
    this.#rows[this.#unread] = row;
    this.#events[this.#unread++] = event;
  }

  /** Whether a wait may be read now, whatever else there is to do. */
  mayRead(virtual: boolean): boolean {
    if (this.off || virtual) return !this.off;
    if (this.#saved <= 0) this.#save(host.now());
    return this.#saved > 0;
  }

  /** The frames of a task that has just suspended, innermost first; undefined where they can't be read. */
  read(stack: Seen | undefined): PlaceFrame[] | undefined {
    const began = host.now();
    const frames = framesOf(stack);
    this.#saved -= host.now() - began;
    return frames;
  }

  /** The loop waits: reads what has waited since, and tells of each. In virtual time nobody waits for that: all is read. */
  readAll(tasks: TaskTable, virtual: boolean, tell: Tell): void {
    if (this.#unread === 0) return;
    const began = host.now();
    this.#save(began);
    const until = virtual ? Infinity : began + Math.min(this.#saved, LONGEST_READING);
    let now = began;
    for (let i = 0; i < this.#unread && now < until; i++) {
      const row = this.#rows[i] as number;
      const event = this.#events[i] as number;
      if (tasks.step(row) !== event) continue; // it waits no more
      const frames = framesOf(tasks.stack(row));
      if (frames) tell(row, event, frames);
      now = host.now();
    }
    this.#unread = 0;
    this.#saved -= now - began;
  }

  #save(now: number): void {
    this.#saved = Math.min(MOST_SAVED, this.#saved + (now - this.#since) * this.#share);
    this.#since = now;
  }
}

/** Asks the frame on top. Those below wait for it where they did when they called it: they are asked once. */
function framesOf(stack: Seen | undefined): PlaceFrame[] | undefined {
  if (stack === undefined) return undefined;
  const frames: PlaceFrame[] = [];
  for (let seen: Seen | undefined = stack; seen && frames.length < MOST_FRAMES; seen = seen.below) {
    const places = (seen === stack ? undefined : seen.calls) ?? placesOf(seen.frame);
    if (places === undefined) return undefined;
    if (seen !== stack) seen.calls = places;
    frames.push(...places);
  }
  return frames;
}

/** Where the frame is suspended; bare generators that it delegates to stand before it. */
function placesOf(frame: Frame): readonly PlaceFrame[] | undefined {
  try {
    const places = probe(frame);
    const last = places.at(-1);
    return [...places.slice(0, -1).map((place) => ({ ...place, bare: true })), { ...last, name: frame.name }];
  } catch {
    return undefined; // it can't be asked: a generator of the program that does not pass questions on
  }
}
