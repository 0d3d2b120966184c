/** Work that may take its process with it: what a broken native module, a hostile file or a memory leak does. */

export function crash(): never {
  process.kill(process.pid, "SIGSEGV");
  for (;;); // until the signal comes
}

/** Holds that many megabytes for the rest of the process's life. */
export function hoard(megabytes: number): number {
  for (let i = 0; i < megabytes; i++) hoarded.push(Buffer.alloc(2 ** 20, 1));
  return hoarded.length;
}

export function add(a: number, b: number): number {
  return a + b;
}

const hoarded: Buffer[] = [];
