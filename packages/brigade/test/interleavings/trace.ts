/** What a program says, each time with the iteration in which it said it, counted by a callback that schedules itself again. */
import { type CoroutineBody, getRunningLoop } from "brigade";
import { virtually } from "../virtually.ts";

export type Say = (what: string) => void;

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
    yield* loop.createTask(program((what) => void trace.push(`${iteration - FIRST} ${what}`)));
    ticker.cancel();
    return trace;
  });
}

/** The program is a task of its own, so its first step is in iteration 1 of the loop. */
const FIRST = 1;
