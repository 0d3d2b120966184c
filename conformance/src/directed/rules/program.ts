/** A program in few words: most have no streams, and many no objects. */
import type { ObjectSpec, Op, Program, StreamOp } from "../../program.ts";

export function program(
  functions: Readonly<Record<string, readonly Op[]>>,
  objects: Readonly<Record<string, ObjectSpec>> = {},
  streams: Readonly<Record<string, readonly StreamOp[]>> = {},
): Program {
  return { objects, functions, streams };
}
