/** The operations of a program, whatever they stand in. */
import type { Op, Program, StreamOp } from "../program.ts";

/** The keys under which an operation has operations of its own. */
const BODIES = ["body", "catch", "finally"] as const;

export type Bodies = { readonly [K in (typeof BODIES)[number]]?: readonly StreamOp[] };

/** The lists of operations inside this one, by the key they stand under. */
export function bodiesOf(op: StreamOp): (readonly [keyof Bodies, readonly StreamOp[]])[] {
  const bodies: Bodies = op as Bodies;
  return BODIES.flatMap((key) => {
    const list = bodies[key];
    return list === undefined ? [] : [[key, list] as const];
  });
}

/** Every operation of the list, each before those inside it. */
export function* walk(ops: readonly StreamOp[]): Generator<StreamOp> {
  for (const op of ops) {
    yield op;
    for (const [, body] of bodiesOf(op)) yield* walk(body);
  }
}

/** Every operation of the program. */
export function* operationsOf(program: Program): Generator<StreamOp> {
  for (const ops of Object.values(program.functions)) yield* walk(ops);
  for (const ops of Object.values(program.streams)) yield* walk(ops);
}

/** Puts what `change` gives in the place of each operation, those inside others first. */
export function rewritten<T extends StreamOp>(ops: readonly T[], change: (op: T) => readonly T[]): readonly T[] {
  return ops.flatMap((op) => {
    const bodies = bodiesOf(op).map(([key, body]) => [key, rewritten(body as readonly T[], change)] as const);
    return change(bodies.length === 0 ? op : { ...op, ...Object.fromEntries(bodies) });
  });
}

export type OpName = Op["op"];
