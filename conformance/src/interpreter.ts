/** Runs a program on Brigade, in virtual time, and gives its trace. */
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  ContextVar,
  coroutine,
  type CoroutineBody,
  Event,
  type Future,
  getRunningLoop,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  type Report,
  run,
  Semaphore,
} from "brigade";
import { nameOf, written } from "./names.ts";
import { call } from "./operations.ts";
import type { ObjectSpec, Program, Trace } from "./program.ts";
import { type ProgramObject, Run } from "./run.ts";

const main = coroutine(function* main(self: Run): CoroutineBody<string> {
  for (const [name, spec] of Object.entries(self.program.objects)) self.objects.set(name, made(name, spec));
  return yield* call(self, "main");
});

/** Runs the program, and what it left behind. */
export async function runProgram(program: Program): Promise<Trace> {
  const self = new Run(program);
  const { clock, lines } = self;
  let gaveUp = false; // cleanups wait for what can never come: their tasks end where they stand
  const onReport = ({ kind, error }: Report): void => {
    if (kind !== "deadlock" || gaveUp) return;
    lines.push(`${clock.now()} deadlock`);
    gaveUp ||= error === undefined;
    self.closed = gaveUp;
  };
  try {
    lines.push(`main ${written(await run(main(self), { clock, onReport }))}`);
  } catch (error) {
    lines.push(`main !${nameOf(error)}`);
  }
  if (gaveUp) return lines;
  for (const [name, task] of self.all) lines.push(`${name} ${outcome(task)}`);
  for (const [name, object] of self.objects) {
    const state = stateOf(object);
    if (state !== undefined) lines.push(`${name} ${state}`);
  }
  return lines;
}

function made(name: string, spec: ObjectSpec): ProgramObject {
  switch (spec.kind) {
    case "lock":
      return new Lock();
    case "event":
      return new Event();
    case "condition":
      return new Condition();
    case "future":
      return getRunningLoop().createFuture<number>();
    case "semaphore":
      return new Semaphore(spec.permits);
    case "bounded-semaphore":
      return new BoundedSemaphore(spec.permits);
    case "barrier":
      return new Barrier(spec.parties);
    case "queue":
      return new Queue<number>(spec);
    case "lifo-queue":
      return new LifoQueue<number>(spec);
    case "priority-queue":
      return new PriorityQueue<number>(spec);
    case "variable":
      return new ContextVar<number>(name, { default: spec.value });
  }
}

function outcome(future: Future<unknown>): string {
  if (!future.done) return "pending";
  if (future.cancelled) return "cancelled";
  const error = future.exception();
  return error === undefined ? written(future.result()) : `!${nameOf(error)}`;
}

/** What can be seen of the object when the program has ended. */
function stateOf(object: ProgramObject): string | undefined {
  if (object instanceof Lock || object instanceof Condition) return object.locked ? "locked" : "unlocked";
  if (object instanceof Semaphore) return `${object.available} available`;
  if (object instanceof Event) return object.isSet ? "set" : "unset";
  if (object instanceof Barrier) return `${object.waiting} waiting, ${object.broken ? "broken" : "whole"}`;
  if (object instanceof ContextVar) return undefined;
  if (!(object instanceof Queue)) return outcome(object);
  const items: number[] = [];
  while (!object.empty) items.push(object.getNowait());
  return written(items);
}
