/**
 * Reads at which lines tasks wait. A coroutine that is suspended is asked, which takes some microseconds a frame: that is
 * done for the first waits of a kind, and for others while the loop has nothing else to do, in a small part of its time.
 */
import { host } from "../../kernel/host.ts";
import { type Frame, probe } from "../../task/frame.ts";
import type { TaskImpl } from "../../task/task.ts";
import type { FrameInfo } from "../../types.ts";
import type { Seen, TaskTable } from "./notes.ts";

const LONGEST_READING = 2; // ms in a row: the program waits as long
const MOST_SAVED = 20; // ms that may have been saved up for reading
const MOST_FRAMES = 100; // of a place, innermost first
const MOST_WAITING = 4_000; // waits that are remembered for reading; of more, the lines are guessed from like ones

/** A wait whose lines are still to be read. */
interface Unread {
  readonly task: TaskImpl<unknown>;
  readonly awaiting: unknown;
  readonly row: number;
  readonly event: number; // the STEP that it began with
}

type Tell = (row: number, event: number, frames: readonly FrameInfo[]) => void;

export class Lines {
  readonly #share: number;
  #saved = MOST_SAVED; // ms that may be spent
  #since = host.now(); // when that was counted
  #unread: Unread[] = [];

  /** `share` of the time may be spent, from 0 to 1. */
  constructor(share: number) {
    this.#share = share;
  }

  get off(): boolean {
    return this.#share === 0;
  }

  /** Remembers the wait for later. */
  note(task: TaskImpl<unknown>, row: number, event: number): void {
    if (this.#unread.length < MOST_WAITING) this.#unread.push({ task, row, event, awaiting: task.awaiting });
  }

  /** Whether a wait may be read now, whatever else there is to do. */
  mayRead(): boolean {
    if (this.off) return false;
    if (this.#saved <= 0) this.#save(host.now());
    return this.#saved > 0;
  }

  /** The frames of a task that has just suspended, innermost first; undefined where they can't be read. */
  read(task: TaskImpl<unknown>, stack: Seen | undefined): FrameInfo[] | undefined {
    const began = host.now();
    const frames = framesOf(task, stack);
    this.#saved -= host.now() - began;
    return frames;
  }

  /** The loop waits: reads what has waited since, and tells of each. */
  readAll(tasks: TaskTable, tell: Tell): void {
    if (this.#unread.length === 0) return;
    const began = host.now();
    this.#save(began);
    const until = began + Math.min(this.#saved, LONGEST_READING);
    const unread = this.#unread;
    this.#unread = [];
    let now = began;
    for (const { task, awaiting, row, event } of unread) {
      if (now >= until) break;
      if (task.awaiting !== awaiting || task.done) continue;
      const frames = framesOf(task, tasks.stack(row));
      if (frames) tell(row, event, frames);
      now = host.now();
    }
    this.#saved -= now - began;
  }

  #save(now: number): void {
    this.#saved = Math.min(MOST_SAVED, this.#saved + (now - this.#since) * this.#share);
    this.#since = now;
  }
}

/** Asks the frame on top. Those below wait for it where they did when they called it: they are asked once. */
function framesOf(task: TaskImpl<unknown>, stack: Seen | undefined): FrameInfo[] | undefined {
  if (stack === undefined || stack.frame !== task.top) return undefined;
  const frames: FrameInfo[] = [];
  for (let seen: Seen | undefined = stack; seen && frames.length < MOST_FRAMES; seen = seen.below) {
    const places = (seen === stack ? undefined : seen.calls) ?? placesOf(seen.frame);
    if (places === undefined) return undefined;
    if (seen !== stack) seen.calls = places;
    frames.push(...places);
  }
  return frames;
}

/** Where the frame is suspended; bare generators that it delegates to stand before it. */
function placesOf(frame: Frame): readonly FrameInfo[] | undefined {
  try {
    const places = probe(frame);
    const last = places.at(-1);
    return [...places.slice(0, -1), { ...last, name: frame.name }];
  } catch {
    return undefined; // it can't be asked: a generator of the program that does not pass questions on
  }
}
