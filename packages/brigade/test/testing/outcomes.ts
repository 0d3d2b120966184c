/** What a program may do under the schedules that are tried: the set of what it gives. */
import type { AwaitableLike } from "brigade";
import { checked, type ExploreOptions } from "../../src/testing/explore-options.ts";
import { exploreStages } from "../../src/testing/explore.ts";
import { Exhaustive } from "../../src/testing/strategies.ts";

export interface Outcomes {
  readonly outcomes: ReadonlySet<string>;
  readonly schedules: number;
  readonly complete: boolean;
}

/** Tries every schedule, pruned or not, of a program that writes down what it does. */
export async function outcomesOf(
  program: (note: (what: string) => void) => AwaitableLike<unknown>,
  prunes: boolean,
  options: ExploreOptions = {},
): Promise<Outcomes> {
  const outcomes = new Set<string>();
  const noting = (): AwaitableLike<unknown> => {
    const notes: string[] = [];
    const body = program((what) => void notes.push(what));
    return (function* () {
      try {
        yield* body as Generator<never, unknown, unknown>;
      } catch (error) {
        notes.push(String(error));
      } finally {
        outcomes.add(notes.join(" "));
      }
    })();
  };
  const plan = checked(noting, { ...options, strategy: "exhaustive" });
  const tried = await exploreStages(noting, plan, [{ strategy: new Exhaustive(prunes), most: Infinity }]);
  return { outcomes, ...tried };
}
