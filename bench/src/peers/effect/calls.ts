/** Effect's generator functions: called without a suspension, recursive, and resumed at a depth. */
import { Effect } from "effect";
import type { Program, Programs } from "../../program.ts";

const identity = Effect.fnUntraced(function* (value: number) {
  return value;
});

const fib: (n: number) => Effect.Effect<number> = Effect.fnUntraced(function* (n: number): Effect.fn.Return<number> {
  if (n < 2) return n;
  return (yield* fib(n - 1)) + (yield* fib(n - 2));
});

const nested: (depth: number, resumes: number) => Effect.Effect<number> = Effect.fnUntraced(function* (
  depth: number,
  resumes: number,
): Effect.fn.Return<number> {
  if (depth > 1) return yield* nested(depth - 1, resumes);
  let resumed = 0;
  for (let i = 0; i < resumes; i++) {
    yield* Effect.yieldNow;
    resumed++;
  }
  return resumed;
});

function atDepth(depth: number): Program {
  return (resumes) => Effect.runPromise(nested(depth, resumes));
}

export const programs: Programs = {
  call: (count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        let total = 0;
        for (let i = 0; i < count; i++) total += yield* identity(i);
        return total;
      }),
    ),
  fib: (n) => Effect.runPromise(fib(n)),
  "depth-1": atDepth(1),
  "depth-10": atDepth(10),
  "depth-100": atDepth(100),
  "depth-1000": atDepth(1_000),
};
