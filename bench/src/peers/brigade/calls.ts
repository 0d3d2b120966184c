/** Brigade's coroutine calls: without a suspension, recursive, and resumed at a depth. */
import { type Coroutine, coroutine, run, sleep } from "brigade";
import type { Program, Programs } from "../../program.ts";

const identity = coroutine(function* (value: number) {
  return value;
});

const fib: (n: number) => Coroutine<number> = coroutine(function* (n: number) {
  if (n < 2) return n;
  return (yield* fib(n - 1)) + (yield* fib(n - 2));
});

const nested: (depth: number, resumes: number) => Coroutine<number> = coroutine(function* (
  depth: number,
  resumes: number,
) {
  if (depth > 1) return yield* nested(depth - 1, resumes);
  let resumed = 0;
  for (let i = 0; i < resumes; i++) {
    yield* sleep(0);
    resumed++;
  }
  return resumed;
});

function atDepth(depth: number): Program {
  return (resumes) => run(nested(depth, resumes));
}

export const programs: Programs = {
  call: (count) =>
    run(function* () {
      let total = 0;
      for (let i = 0; i < count; i++) total += yield* identity(i);
      return total;
    }),
  fib: (n) => run(fib(n)),
  "depth-1": atDepth(1),
  "depth-10": atDepth(10),
  "depth-100": atDepth(100),
  "depth-1000": atDepth(1_000),
};
