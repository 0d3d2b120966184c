/** What runs now: asked of the watched thread from inside it, in the middle of whatever it does, and read by the watchdog's. */
import { current, type Frame } from "../../task/frame.ts";
import { programFrames } from "../../task/trace.ts";
import type { FrameInfo, Task } from "../../types.ts";
import type { Place } from "./shared.ts";

const MOST_COROUTINES = 100; // a task may have any number of frames
const MOST_SHOWN = 12; // of their names

/** As it passes from thread to thread. */
export interface Sight {
  readonly stack: string;
  readonly task: string | undefined;
  readonly coroutines: readonly string[];
  /** A debugger may be attached, and may have stopped the program. */
  readonly debugged: boolean;
  /** How often the heart had beaten. */
  readonly beats: number;
}

/** The task whose step runs. */
export function runningTask(): Task<unknown> | undefined {
  return current as unknown as Task<unknown> | undefined;
}

/**
 * What runs now. Called where the program was interrupted, perhaps inside a regular expression: it uses none, resumes nothing, and
 * leaves all as it was. What it reads is made sense of on the other thread.
 */
export function sight(beats: number): Sight {
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", 100); // nothing happens where it is frozen
  const { stack } = new Error();
  Reflect.set(Error, "stackTraceLimit", limit);
  return {
    stack: typeof stack === "string" ? stack : "",
    task: runningTask()?.name,
    coroutines: coroutinesFrom(current?.top),
    debugged: process.getBuiltinModule?.("node:inspector")?.url?.() !== undefined,
    beats,
  };
}

/** Undefined when the sight is of nothing: the program was not interrupted, but had gone back to the host. */
export function placeIn({ stack, task, coroutines }: Sight): Place | undefined {
  const lines = programFrames(stack).map(lineOf);
  return task === undefined && lines.length === 0 ? undefined : { task, coroutines, stack: lines };
}

function lineOf({ name, file, line, column }: FrameInfo): string {
  const place = `${file}:${line}:${column}`;
  return name === "" ? place : `${name} (${place})`;
}

/** Their names, outermost first; of many, the first and the last. */
export function coroutinesFrom(top: Frame | undefined): string[] {
  const names: string[] = [];
  for (let frame = top; frame && names.length < MOST_COROUTINES; frame = frame.parent) names.push(frame.name);
  names.reverse();
  return names.length <= MOST_SHOWN ? names : [...names.slice(0, 3), "…", ...names.slice(3 - MOST_SHOWN)];
}
