/** Makes a schedule that fails shorter: fewer choices that are not first in, first out. */
import { Given } from "./strategies.ts";
import { attempt, type Failure, type Program, type Settings, type Trial } from "./trial.ts";

/** A choice that is not first in, first out, and where in the schedule it is. */
interface Deviation {
  readonly at: number;
  readonly choice: number;
}

/** For each of the ways to make it shorter; a tenth of a second for a small program. */
const MOST_RUNS = 2_000;

/** The shortest schedule it can find that fails in the same way. */
export async function shrink(
  program: Program,
  settings: Settings,
  choices: readonly number[],
  failure: Failure,
): Promise<readonly number[]> {
  const search = new Search(program, settings, failure);
  let found = await search.fewest(deviationsOf(choices));
  found = (await search.withFewer(found.length)) ?? found;
  return choicesOf(await search.lowest(found));
}

class Search {
  readonly #program: Program;
  readonly #settings: Settings;
  readonly #failure: string;
  #left = MOST_RUNS; // schedules that may still be run

  constructor(program: Program, settings: Settings, failure: Failure) {
    this.#program = program;
    this.#settings = settings;
    this.#failure = kindOf(failure);
  }

  #attempt(deviations: readonly Deviation[]): Promise<Trial> {
    this.#left--;
    return attempt(this.#program, new Given(choicesOf(deviations)), this.#settings);
  }

  async #fails(deviations: readonly Deviation[]): Promise<boolean> {
    if (this.#left <= 0) return false;
    const { failure } = await this.#attempt(deviations);
    return failure !== undefined && kindOf(failure) === this.#failure;
  }

  /** Leaves out as many as it can: all, halves, quarters, … (Zeller, Hildebrandt: delta debugging, TSE 2002). */
  async fewest(all: readonly Deviation[]): Promise<readonly Deviation[]> {
    let kept = all;
    for (let size = all.length; size >= 1; ) {
      let less = false;
      // From the end on: what is late matters least.
      for (let end = kept.length; end > 0; end -= size) {
        const without = kept.toSpliced(Math.max(0, end - size), Math.min(size, end));
        if (!(await this.#fails(without))) continue;
        kept = without;
        less = true;
      }
      if (!less || size > kept.length) size = size === 1 ? 0 : Math.min(Math.ceil(size / 2), Math.max(1, kept.length));
    }
    return kept;
  }

  /**
   * A schedule with fewer deviations than `most` that fails, if one is found: all with one, then all with two, … (Emmi,
   * Qadeer, Rakamarić: Delay-Bounded Scheduling, POPL 2011).
   */
  async withFewer(most: number): Promise<readonly Deviation[] | undefined> {
    this.#left = MOST_RUNS;
    let level: readonly (readonly Deviation[])[] = [[]];
    for (let length = 1; length < most; length++) {
      const next: Deviation[][] = [];
      for (const base of level) {
        const first = (base.at(-1)?.at ?? -1) + 1;
        const { counts } = await this.#attempt(base);
        for (const [at, count] of counts.entries()) {
          for (let choice = 1; at >= first && choice < count; choice++) {
            if (this.#left <= 0) return undefined;
            const longer = [...base, { at, choice }];
            if (await this.#fails(longer)) return longer;
            next.push(longer);
          }
        }
      }
      level = next;
    }
    return undefined;
  }

  /** Overtakes as few as possible in each. */
  async lowest(deviations: readonly Deviation[]): Promise<readonly Deviation[]> {
    this.#left = MOST_RUNS;
    let kept = deviations;
    for (const [index, { at, choice }] of deviations.entries()) {
      for (let less = 1; less < choice; less++) {
        const lower = kept.with(index, { at, choice: less });
        if (!(await this.#fails(lower))) continue;
        kept = lower;
        break;
      }
    }
    return kept;
  }
}

function deviationsOf(choices: readonly number[]): Deviation[] {
  return [...choices.entries()].filter(([, choice]) => choice > 0).map(([at, choice]) => ({ at, choice }));
}

function choicesOf(deviations: readonly Deviation[]): number[] {
  const choices = new Array<number>((deviations.at(-1)?.at ?? -1) + 1).fill(0);
  for (const { at, choice } of deviations) choices[at] = choice;
  return choices;
}

/** What failed, without the figures in it. */
function kindOf({ message }: Failure): string {
  return (message.split("\n")[0] as string).replaceAll(/\d+/g, "#");
}
