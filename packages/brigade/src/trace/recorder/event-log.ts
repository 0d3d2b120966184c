/** Events as they come, in columns. Where they go from there is what a full trace and a flight recorder differ in. */
import { type EventType, TICKS } from "../format/schema.ts";
import type { Tables } from "../format/writer.ts";

export interface EventLog {
  readonly tables: Tables;
  /** How many events were written; the number of the next one. */
  readonly written: number;
  /** Gives the event's number. */
  write(type: EventType, time: number, task: number, a: number, b: number): number;
  /** Says how long a STEP ran, in ticks, if the event can still be changed. */
  setTook(event: number, took: number): void;
  /** Says where a task waits after a STEP, if the event can still be changed. */
  setPlace(event: number, place: number): void;
}

/** Milliseconds as ticks, as long as they can be told. */
export function ticks(duration: number): number {
  return Math.min(0xffff_ffff, Math.max(0, duration * TICKS));
}
