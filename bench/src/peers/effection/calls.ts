/** Effection's operations are plain generators: called without a suspension, recursive, and resumed at a depth. */
import { type Operation, run } from "effection";
import type { Program, Programs } from "../../program.ts";
import { turn } from "./turn.ts";

function* identity(value: number): Operation<number> {
  return value;
}

function* fib(n: number): Operation<number> {
  if (n < 2) return n;
  return (yield* fib(n - 1)) + (yield* fib(n - 2));
}

function* nested(depth: number, resumes: number): Operation<number> {
  if (depth > 1) return yield* nested(depth - 1, resumes);
  let resumed = 0;
  for (let i = 0; i < resumes; i++) {
    yield* turn;
    resumed++;
  }
  return resumed;
}

function atDepth(depth: number): Program {
  return (resumes) => run(() => nested(depth, resumes));
}

export const programs: Programs = {
  call: (count) =>
    run(function* () {
      let total = 0;
      for (let i = 0; i < count; i++) total += yield* identity(i);
      return total;
    }),
  fib: (n) => run(() => fib(n)),
  "depth-1": atDepth(1),
  "depth-10": atDepth(10),
  "depth-100": atDepth(100),
  "depth-1000": atDepth(1_000),
};
