/** The tables of a trace, read so that a damaged or foreign row can do no harm: every answer has the shape that its type says. */
import type { FrameInfo } from "../../types.ts";
import type { Trace } from "../format/reader.ts";
import type { Place, Resource } from "../format/schema.ts";

const NOWHERE: Place = Object.freeze({ kind: "", frames: Object.freeze([]) as readonly FrameInfo[], exact: false });
const UNKNOWN: Resource = Object.freeze({ kind: "resource" });

/** The text with this number; empty where there is none. */
export function textOf(trace: Trace, number: number): string {
  const text: unknown = trace.strings[number];
  return typeof text === "string" ? text : "";
}

export function placeOf(trace: Trace, number: number): Place {
  const place: unknown = trace.places[number];
  if (isPlace(place)) return place;
  if (!isObject(place)) return NOWHERE;
  const { kind, label, frames, exact } = place;
  return {
    kind: typeof kind === "string" ? kind : "",
    ...(typeof label === "string" && { label }),
    frames: Array.isArray(frames) ? frames.filter(isFrame) : [],
    exact: exact === true,
  };
}

export function resourceOf(trace: Trace, number: number): Resource {
  const resource: unknown = trace.resources[number];
  if (number === 0 || !isObject(resource)) return UNKNOWN;
  const { kind, name, capacity } = resource;
  return {
    kind: typeof kind === "string" && kind !== "" ? kind : UNKNOWN.kind,
    ...(typeof name === "string" && { name }),
    ...(typeof capacity === "number" && { capacity }),
  };
}

const MOST_GAPS = 1_000_000;

/** How long a table is; of one that has more gaps than any recorder makes, only the part up to the first gap counts. */
export function rowsIn(table: readonly unknown[]): number {
  if (table.length < MOST_GAPS || Object.keys(table).length * 2 > table.length) return table.length;
  return table.findIndex((row) => row === undefined);
}

/** A place in a few words: "sleep 5 ms", "Queue.get jobs"; empty for none. */
export function placeText({ kind, label }: Place): string {
  return label === undefined ? kind : `${kind} ${label}`;
}

/** A resource in a few words: "Lock db", "Semaphore". */
export function resourceText({ kind, name }: Resource): string {
  return name === undefined ? kind : `${kind} ${name}`;
}

/** The innermost frame whose line is known; undefined where none is. */
export function lineOf(place: Place): FrameInfo | undefined {
  return place.frames.find((frame) => frame.file !== undefined && frame.line !== undefined);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isPlace(value: unknown): value is Place {
  if (!isObject(value)) return false;
  const { kind, label, frames, exact } = value;
  return (
    typeof kind === "string" &&
    (label === undefined || typeof label === "string") &&
    typeof exact === "boolean" &&
    Array.isArray(frames) &&
    frames.every(isFrame)
  );
}

function isFrame(value: unknown): value is FrameInfo {
  if (!isObject(value)) return false;
  const { name, file, line, column } = value;
  return (
    typeof name === "string" &&
    (file === undefined || typeof file === "string") &&
    (line === undefined || typeof line === "number") &&
    (column === undefined || typeof column === "number")
  );
}
