/** How late a host timer fires while Brigade's tasks never wait for anything but their turn. */
import { coroutine, gather, run, sleep } from "brigade";
import type { Programs } from "../../program.ts";

const TIMER_MS = 5;
const BUSY_MS = 1_000;

/** A host timer that is armed again each time it fires, and remembers its worst lateness. */
function watchLateness(): { readonly stop: () => number } {
  let worst = 0;
  let due = 0;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    due = performance.now() + TIMER_MS;
    timer = setTimeout(() => {
      worst = Math.max(worst, performance.now() - due);
      arm();
    }, TIMER_MS);
  };
  arm();
  return {
    stop: () => {
      clearTimeout(timer);
      // A timer that never fired is as late as it is now.
      return Math.max(worst, performance.now() - due);
    },
  };
}

export const programs: Programs = {
  "host-timer": async (count) => {
    const end = performance.now() + BUSY_MS;
    const spin = coroutine(function* () {
      while (performance.now() < end) yield* sleep(0);
    });
    const watch = watchLateness();
    await run(gather(Array.from({ length: count }, () => spin())));
    return watch.stop();
  },
};
