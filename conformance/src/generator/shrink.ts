/** Programs that are a little smaller than a given one, biggest steps first. Each is well formed when the given one is. */
import type { GatherItem, Gathering, ObjectSpec, Op, Program, StreamOp } from "../program.ts";
import { bodiesOf, operationsOf, rewritten } from "./walk.ts";

export function* smaller(program: Program): Generator<Program> {
  const { objects, functions, streams } = program;
  for (const name of Object.keys(functions)) if (name !== "main") yield withoutFunction(program, name);
  for (const name of Object.keys(functions)) if (name !== "main") yield* inlined(program, name);
  for (const name of Object.keys(streams)) yield withoutStream(program, name);
  for (const name of Object.keys(objects)) yield withoutObject(program, name);
  for (const [name, ops] of Object.entries(functions)) {
    for (const fewer of smallerList(ops)) {
      yield { ...program, functions: { ...functions, [name]: fewer as readonly Op[] } };
    }
  }
  for (const [name, ops] of Object.entries(streams)) {
    for (const fewer of smallerList(ops)) yield { ...program, streams: { ...streams, [name]: fewer } };
  }
  for (const [name, spec] of Object.entries(objects)) {
    for (const lower of smallerSpec(spec)) yield { ...program, objects: { ...objects, [name]: lower } };
  }
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  const { [name]: _gone, ...rest } = record;
  return rest;
}

/** Changes every operation of the program. */
function mapped(program: Program, change: (op: StreamOp) => readonly StreamOp[]): Program {
  const each = (record: Program["streams"]): Program["streams"] =>
    Object.fromEntries(Object.entries(record).map(([name, ops]) => [name, rewritten(ops, change)]));
  return { ...program, functions: each(program.functions) as Program["functions"], streams: each(program.streams) };
}

function withoutFunction(program: Program, name: string): Program {
  const itemsLeft = (items: readonly GatherItem[]): readonly GatherItem[] =>
    items.flatMap((item): readonly GatherItem[] => {
      if ("gather" in item) return [{ gather: { ...item.gather, items: itemsLeft(item.gather.items) } }];
      return "function" in item && item.function === name ? [] : [item];
    });
  const left = mapped(program, (op) => {
    if (op.op === "gather") return [{ ...op, items: itemsLeft(op.items) }];
    return "function" in op && op.function === name ? [] : [op];
  });
  return { ...left, functions: without(left.functions, name) };
}

/** A function that is only called, once, stands where it was called. */
function* inlined(program: Program, name: string): Generator<Program> {
  const mentions = JSON.stringify(program).split(`"function":"${name}"`).length - 1;
  if (mentions !== 1 || ![...operationsOf(program)].some((op) => op.op === "call" && op.function === name)) return;
  const left = mapped(program, (op) =>
    op.op === "call" && op.function === name ? (program.functions[name] ?? []) : [op],
  );
  yield { ...left, functions: without(left.functions, name) };
}

function withoutStream(program: Program, name: string): Program {
  const left = mapped(program, (op) => ("stream" in op && op.stream === name ? [] : [op]));
  return { ...left, streams: without(left.streams, name) };
}

/** What used a future by its name waits for nothing then; a `with` keeps its body. */
function withoutObject(program: Program, name: string): Program {
  const left = mapped(program, (op) => {
    if (!names(op).includes(name)) return [op];
    return op.op === "with" ? op.body : [];
  });
  return { ...left, objects: without(left.objects, name) };
}

/** The objects that the operation can't do without. */
function names(op: StreamOp): readonly string[] {
  const { object, event, condition, barrier, future, variable, queue } = op as Readonly<Record<string, unknown>>;
  return [object, event, condition, barrier, future, variable, queue].filter((name) => typeof name === "string");
}

function* smallerList(ops: readonly StreamOp[]): Generator<readonly StreamOp[]> {
  for (let size = ops.length; size > 0; size = Math.floor(size / 2)) {
    for (let from = 0; from < ops.length; from += size) yield ops.toSpliced(from, size);
  }
  for (const [index, op] of ops.entries()) {
    for (const instead of smallerOp(op)) yield ops.toSpliced(index, 1, ...instead);
  }
}

/** What may stand in the operation's place. */
function* smallerOp(op: StreamOp): Generator<readonly StreamOp[]> {
  const bodies = bodiesOf(op);
  for (const [, body] of bodies) yield body;
  for (const [key, body] of bodies) {
    if (op.op === "try" && key !== "body" && op.catch !== undefined && op.finally !== undefined) {
      yield [without(op as unknown as Record<string, unknown>, key) as unknown as StreamOp];
    }
    for (const fewer of smallerList(body)) yield [{ ...op, [key]: fewer }];
  }
  if (op.op === "gather") for (const less of smallerGathering(op)) yield [{ ...op, ...less }];
  if (op.op === "wait") {
    for (const index of op.tasks.keys()) yield [{ ...op, tasks: op.tasks.toSpliced(index, 1) }];
  }
  for (const [key, value] of Object.entries(op)) {
    for (const lower of smallerValue(value)) yield [{ ...op, [key]: lower }];
  }
}

function* smallerGathering({ items, returnExceptions }: Gathering): Generator<Gathering> {
  for (const [index, item] of items.entries()) {
    yield { items: items.toSpliced(index, 1), returnExceptions };
    if (!("gather" in item)) continue;
    yield { items: items.toSpliced(index, 1, ...item.gather.items), returnExceptions };
    for (const less of smallerGathering(item.gather)) {
      yield { items: items.toSpliced(index, 1, { gather: less }), returnExceptions };
    }
  }
  if (returnExceptions) yield { items, returnExceptions: false };
}

function* smallerValue(value: unknown): Generator {
  if (value === true) yield false;
  if (typeof value !== "number" || value <= 0) return;
  yield 0;
  if (value > 1) yield value - 1;
}

function* smallerSpec(spec: ObjectSpec): Generator<ObjectSpec> {
  for (const [key, value] of Object.entries(spec)) {
    const least = key === "parties" ? 1 : 0;
    for (const lower of smallerValue(value)) if (Number(lower) >= least) yield { ...spec, [key]: lower };
  }
}
