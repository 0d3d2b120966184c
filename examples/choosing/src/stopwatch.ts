/** How long work takes, and how long the loop stood still meanwhile: time in which nothing else could run. */
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine, createTask, sleep } from "brigade";

export interface Timed<T> {
  readonly value: T;
  readonly milliseconds: number;
  /** The longest time in which a task that wanted to run every 5 ms could not, beyond these 5 ms. */
  readonly stoodStill: number;
}

const beat = 5;

type Timing = <T>(work: () => Awaitable<T>) => Coroutine<Timed<T>>;

export const timed: Timing = coroutine(function* timed<T>(work: () => Awaitable<T>): CoroutineBody<Timed<T>> {
  const begun = performance.now();
  let last = begun;
  let longest = beat;
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const ticking = createTask(
    (function* () {
      for (;;) {
        yield* sleep(beat);
        tick();
      }
    })(),
  );
  yield* sleep(0);
  try {
    const value = yield* work();
    tick();
    return { value, milliseconds: performance.now() - begun, stoodStill: longest - beat };
  } finally {
    ticking.cancel();
  }
});

/** A row of a table: what was done, how long it took, how long the loop stood still. */
export function row(what: string, { milliseconds, stoodStill }: Timed<unknown>): string {
  return `${what.padEnd(24)}${milliseconds.toFixed(0).padStart(6)} ms${stoodStill.toFixed(0).padStart(16)} ms`;
}

export const headings: string = `${"".padEnd(24)}${"took".padStart(9)}${"loop stood still".padStart(19)}`;
