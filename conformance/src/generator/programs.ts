/** The random programs: number `index` of seed `seed` is the same program everywhere, whatever else is generated. */
import { Arbitrary, type Random, sample, type Stream, stream, Value } from "fast-check";
import type { Program } from "../program.ts";
import { Dice } from "./dice.ts";
import { generate } from "./generate.ts";
import { smaller } from "./shrink.ts";

function* valuesOf(programs: Iterable<Program>): Generator<Value<Program>> {
  for (const program of programs) yield new Value(program, undefined);
}

/** Generation is written by hand, and shrinking works on the program itself: composed arbitraries take ten times as long. */
class Programs extends Arbitrary<Program> {
  override generate(random: Random): Value<Program> {
    return new Value(generate(new Dice(random)), undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Program {
    return true;
  }

  override shrink(program: Program): Stream<Value<Program>> {
    return stream(valuesOf(smaller(program)));
  }
}

export const programs: Arbitrary<Program> = new Programs();

/** Different for every index of a seed, because each step can be undone. */
export function seedOf(seed: number, index: number): number {
  let mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}

export function programAt(seed: number, index: number): Program {
  return sample(programs, { seed: seedOf(seed, index), numRuns: 1 })[0] as Program;
}
