/** Async function calls: without a suspension, recursive, and resumed at a depth. */
import type { Program, Programs } from "../../program.ts";

async function identity(value: number): Promise<number> {
  return value;
}

async function fib(n: number): Promise<number> {
  if (n < 2) return n;
  return (await fib(n - 1)) + (await fib(n - 2));
}

async function nested(depth: number, resumes: number): Promise<number> {
  if (depth > 1) return await nested(depth - 1, resumes);
  let resumed = 0;
  for (let i = 0; i < resumes; i++) {
    // oxlint-disable-next-line typescript/await-thenable -- the cheapest native switch waits for nothing
    await undefined;
    resumed++;
  }
  return resumed;
}

function atDepth(depth: number): Program {
  return (resumes) => nested(depth, resumes);
}

export const programs: Programs = {
  call: async (count) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += await identity(i);
    return total;
  },
  fib,
  "depth-1": atDepth(1),
  "depth-10": atDepth(10),
  "depth-100": atDepth(100),
  "depth-1000": atDepth(1_000),
};
