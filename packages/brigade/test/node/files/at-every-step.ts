/** Cancels an operation at each of its steps: when it has asked the file system, when the answer comes, and when it was told the answer. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { type AwaitableLike, createTask } from "brigade";
import { virtually } from "../../virtually.ts";

const CALLS = [
  ..."open fstat lstat stat read write fsync fchmod fchown chmod close rename".split(" "),
  ..."unlink mkdtemp rm opendir readlink realpath".split(" "),
] as "open"[];

/** `asked`: the request is under way. `answered`: it has ended, and nobody knows. `told`: whoever waits was woken. */
type Moment = "asked" | "answered" | "told";

/** Calls back at every moment at which an operation's state changes, with the call to the file system, while it is in place. */
export class Moments implements Disposable {
  readonly #originals = CALLS.map((name) => [name, fs[name]] as const);

  constructor(happened: (call: string, moment: Moment) => void) {
    for (const [name, original] of this.#originals) {
      const ask = original as (...args: unknown[]) => unknown;
      fs[name] = ((...args: unknown[]) => {
        const callback = args.pop() as (...answer: unknown[]) => void;
        const result = ask(...args, (...answer: unknown[]) => {
          happened(name, "answered");
          callback(...answer);
          happened(name, "told");
        });
        happened(name, "asked");
        return result;
      }) as unknown as typeof original;
    }
    syncBuiltinESMExports();
  }

  [Symbol.dispose](): void {
    for (const [name, original] of this.#originals) fs[name] = original;
    syncBuiltinESMExports();
  }
}

export type Outcome = "cancelled" | "finished";

/**
 * Runs it once for each step, cancelled there, until it finishes before the step comes. `check` looks at what is left each
 * time, and may put things right for the next. Gives the number of steps.
 */
export async function cancelledAtEveryStep(
  operation: () => AwaitableLike<unknown>,
  check: (outcome: Outcome, step: number) => void,
): Promise<number> {
  for (let step = 0; ; step++) {
    const reached = { steps: 0 };
    const outcome = await virtually(function* () {
      const task = createTask(operation());
      using _moments = new Moments(() => {
        if (reached.steps++ === step) task.cancel("at a step");
      });
      try {
        yield* task;
      } catch (error) {
        if (!task.cancelled) throw error;
      }
      return task.cancelled ? "cancelled" : "finished";
    });
    check(outcome, step);
    if (reached.steps <= step) return step;
  }
}
