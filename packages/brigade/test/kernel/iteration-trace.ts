/** What a program says, each with the iteration of the loop in which it said it. */
import { type CoroutineBody, coroutine, getRunningLoop } from "brigade";
import { virtually } from "../virtually.ts";

export type Say = (what: string) => void;

/** Runs the program beside a callback that counts the iterations by scheduling itself again in each. */
export function traceOf(program: (say: Say) => CoroutineBody<void>): Promise<string[]> {
  return virtually(function* () {
    const loop = getRunningLoop();
    const trace: string[] = [];
    let iteration = 0;
    const count = () => {
      iteration++;
      ticker = loop.callSoon(count);
    };
    let ticker = loop.callSoon(count);
    yield* coroutine(program)((what: string) => void trace.push(`${iteration} ${what}`));
    ticker.cancel();
    return [...trace];
  });
}
