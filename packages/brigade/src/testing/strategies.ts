/** Ways to go through the schedules of a program: given, at random, by priorities that change, and all of them. */
import { InvalidStateError } from "../errors.ts";
import { Random } from "./random.ts";
import { type Chooser, type Entry, isSilent } from "./ready-set.ts";

/** One way to go through schedules. */
export interface Strategy {
  /** Who decides the next schedule; undefined when all were tried. */
  next(): Chooser | undefined;
  /** The schedule has ended: what was chosen, and among how many. */
  ended(choices: readonly number[], counts: readonly number[]): void;
}

/** First in, first out. */
const plain: Chooser = { choose: () => 0 };

/** The loop's own order. */
export class Plain implements Strategy {
  next(): Chooser {
    return plain;
  }

  ended(): void {}
}

/** A schedule that is known: past its end, and where there is no such option, first in, first out. */
export class Given implements Chooser {
  readonly #choices: readonly number[];
  #next = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  choose(options: readonly Entry[], cancels: number): number {
    const choice = this.#choices[this.#next++] ?? 0;
    return choice < options.length + cancels ? choice : 0;
  }
}

/** Takes the first each time but once, where it takes the n-th of the cancellations there are. */
class OneCancellation implements Chooser {
  #left: number;
  done = false;

  constructor(nth: number) {
    this.#left = nth;
  }

  choose(options: readonly Entry[], cancels: number): number {
    if (this.done || cancels === 0) return 0;
    this.#left -= cancels;
    if (this.#left >= 0) return 0;
    this.done = true;
    return options.length + this.#left + cancels;
  }
}

/** In the loop's own order: cancels every task at every choice, one in each schedule. */
export class EveryCancellation implements Strategy {
  #nth = -1;
  #last: OneCancellation | undefined;

  next(): Chooser | undefined {
    if (this.#last?.done === false) return undefined;
    this.#last = new OneCancellation(++this.#nth);
    return this.#last;
  }

  ended(): void {}
}

/** Cancels one task, at one choice among as many as the longest schedule so far had. */
class RandomCancellation {
  readonly #random: Random;
  #at: number;

  constructor(random: Random, choices: number) {
    this.#random = random;
    this.#at = random.below(Math.max(1, choices));
  }

  /** The cancellation to take now, if there is one. */
  due(cancels: number): number | undefined {
    return cancels > 0 && this.#at-- <= 0 ? this.#random.below(cancels) : undefined;
  }
}

/** Every option is as likely as the others, each time. */
export class RandomWalk implements Strategy {
  readonly #seed: number;
  #schedule = 0;
  #longest = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  next(): Chooser {
    const random = new Random(this.#seed, this.#schedule++);
    const cancellation = new RandomCancellation(random, this.#longest);
    return {
      choose(options, cancels) {
        const cancel = cancellation.due(cancels);
        return cancel === undefined ? random.below(options.length) : options.length + cancel;
      },
    };
  }

  ended(choices: readonly number[]): void {
    this.#longest = Math.max(this.#longest, choices.length);
  }
}

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs, ASPLOS 2010). Every actor has a random priority, and the highest goes on; at
 * `depth - 1` random choices the one that would go on falls below all others. A bug that needs `depth` orderings among n
 * actors and k choices is found by a schedule with a probability of at least 1 / (n × k^(depth - 1)).
 */
export class Pct implements Strategy {
  readonly #seed: number;
  readonly #depth: number;
  #schedule = 0;
  #longest = 0;

  constructor(seed: number, depth: number) {
    this.#seed = seed;
    this.#depth = depth;
  }

  next(): Chooser {
    const random = new Random(this.#seed, this.#schedule++);
    const cancellation = new RandomCancellation(random, this.#longest);
    const changes = new Set<number>();
    for (let change = 1; change < this.#depth; change++) changes.add(random.below(Math.max(1, this.#longest)));
    const priorities = new Priorities(random);
    let at = 0;
    return {
      choose(options, cancels) {
        const cancel = cancellation.due(cancels);
        if (cancel !== undefined) return options.length + cancel;
        if (changes.has(at++)) priorities.lower((options[priorities.highest(options)] as Entry).actor);
        return priorities.highest(options);
      },
    };
  }

  ended(choices: readonly number[]): void {
    this.#longest = Math.max(this.#longest, choices.length);
  }
}

class Priorities {
  readonly #random: Random;
  readonly #of = new Map<object, number>();
  #lowest = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  lower(actor: object): void {
    this.#of.set(actor, --this.#lowest);
  }

  highest(options: readonly Entry[]): number {
    let best = 0;
    let most = -Infinity;
    for (const [index, { actor }] of options.entries()) {
      let priority = this.#of.get(actor);
      if (priority === undefined) this.#of.set(actor, (priority = this.#random.fraction()));
      if (priority > most) {
        most = priority;
        best = index;
      }
    }
    return best;
  }
}

interface Branching {
  choice: number;
  readonly count: number;
  /** Choices behind this one lead to nothing new. */
  readonly last: number;
}

/**
 * Every schedule, depth first. Steps share the program's variables, so that any two of them may depend on one another;
 * a silent entry commutes with everything. That makes sleep sets (Godefroid: Partial-Order Methods for the Verification
 * of Concurrent Systems, LNCS 1032) simple: once a silent entry was tried at a choice, it would sleep in every other branch of
 * that choice and nothing could wake it, so that those branches are not entered at all.
 */
export class Exhaustive implements Strategy {
  readonly #prunes: boolean;
  readonly #path: Branching[] = [];
  #started = false;

  constructor(prunes = true) {
    this.#prunes = prunes;
  }

  next(): Chooser | undefined {
    while (this.#started && this.#path.length > 0) {
      const deepest = this.#path.at(-1) as Branching;
      if (deepest.choice < deepest.last) {
        deepest.choice++;
        break;
      }
      this.#path.pop();
    }
    if (this.#started && this.#path.length === 0) return undefined;
    this.#started = true;
    let depth = 0;
    return { asksAlways: !this.#prunes, choose: (options, cancels) => this.#choose(depth++, options, cancels) };
  }

  #choose(depth: number, options: readonly Entry[], cancels: number): number {
    const count = options.length + cancels;
    const known = this.#path[depth];
    if (known !== undefined) {
      if (known.count === count) return known.choice;
      throw changed(`choice ${depth} was among ${known.count}, and is among ${count} now`);
    }
    const silent = this.#prunes ? options.findIndex(isSilent) : -1;
    const choice = Math.max(0, silent);
    this.#path.push({ choice, count, last: silent < 0 ? count - 1 : silent });
    return choice;
  }

  ended(choices: readonly number[]): void {
    if (choices.length < this.#path.length) {
      throw changed(`there were ${this.#path.length} choices, and are ${choices.length} now`);
    }
  }
}

function changed(how: string): InvalidStateError {
  return new InvalidStateError(
    `explore: the program is not the same each time: ${how}. Keep clocks, random numbers, input and output, and what ` +
      'earlier schedules left behind, out of it, or use "random"',
  );
}
