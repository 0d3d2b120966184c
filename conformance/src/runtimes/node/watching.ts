/** The loop itself: what leaves it, what blocks it, what is sent to its process. */
import { coroutine, sleep, use } from "brigade";
import { signals, toThread, watchBlocking, type Watchdog } from "brigade/node";
import { type Check, host } from "./check.ts";

function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

export const loopChecks: readonly Check[] = [
  {
    claim: "toThread",
    *sees() {
      return yield* toThread((a: number, b: number) => a * b, 6, 7);
    },
    expected: 42,
  },
  {
    claim: "signals",
    *sees() {
      const received = signals("SIGUSR2");
      setTimeout(() => process.kill(process.pid, "SIGUSR2"), 100);
      const { value } = yield* received.next();
      yield* received.close();
      return value;
    },
    expected: "SIGUSR2",
  },
  {
    claim: "watchBlocking: a line on Node, the coroutine elsewhere",
    *sees() {
      const told: string[] = [];
      const blocking = coroutine(function* blocking(watchdog: Watchdog) {
        yield* sleep(50);
        block(400);
        for (let i = 0; i < 20 && told.length === 0; i++) yield* sleep(50);
        return watchdog.sees;
      });
      const watching = watchBlocking({ descriptor: false, onBlocked: ({ message }) => told.push(message) });
      const sees = yield* use(watching, blocking);
      return [sees, told.length, told[0]?.includes(host === "node" ? "program.mjs" : "blocking")];
    },
    expected: [host === "node" ? "line" : "task", 1, true],
  },
];
