/**
 * Generators that give values as well as wait: each pull drives one, inside the task that asks, until it gives its next
 * value, ends, or throws. Context managers are made of this; a stream does the same as its own scope.
 */
import { CLAIMED, type Drivable, Frame, type Scope } from "../task/frame.ts";
import type { Ledger } from "../task/ledger.ts";
import type { Awaitable, Suspension } from "../types.ts";

/** A generator that awaits with `yield*` and gives with `yield`. */
export type Giver = Generator<unknown, unknown, unknown>;

/** How a pull begins: goes on, or tells the generator that its body is unwound, or failed. */
export type Opening = "next" | "return" | { readonly throw: unknown };

/** Makes the value of a pull of what the generator gave, or ended with; may throw. */
type Gave<R> = (result: IteratorResult<unknown, unknown>) => R;

/** One pull. Closing the generator is shielded: its cleanup runs to the end. */
export function pull<R>(generator: Giver, ledger: Ledger, opening: Opening, gave: Gave<R>): Awaitable<R> {
  const scope: Scope = {
    shields: opening === "return",
    requested: false,
    entered: (_task, frame): Drivable => frame.generator,
    left() {},
    gave,
    unwound: () => undefined,
  };
  const frame = new Frame<R>(opened(generator as unknown as Driven, opening), ledger);
  frame.state = CLAIMED;
  frame.scope = scope;
  return frame;
}

type Driven = Drivable & Generator<Suspension, unknown, unknown>;

/** The generator, whose first resume is the opening. */
function opened(generator: Driven, opening: Opening): Drivable {
  if (opening === "next") return generator;
  const open = (): IteratorResult<Suspension, unknown> =>
    opening === "return" ? generator.return(undefined) : generator.throw(opening.throw);
  return {
    next: (...[sent]) => (sent === undefined ? open() : generator.next(sent)),
    return: (value) => generator.return(value),
  };
}
