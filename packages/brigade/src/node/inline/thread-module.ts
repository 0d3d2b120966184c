/** The module that the threads of toThread load: runs functions from their text. */

const known = new Map<string, (...args: unknown[]) => unknown>(); // by the expression
const MOST_KNOWN = 1_000;

/** Runs the function that the expression gives. */
export function inlineFunction(expression: string, name: string, ...args: unknown[]): unknown {
  let inline = known.get(expression);
  if (inline === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(expression, (inline = evaluated(expression, name)));
  }
  return inline(...args);
}

/** Strict, as in a module. `__name` is what compilers call to keep a function's name; it gives the function. */
function evaluated(expression: string, name: string): (...args: unknown[]) => unknown {
  const source = `"use strict"; (__name) => ${expression}\n//# sourceURL=toThread:${encodeURIComponent(name)}`;
  // Text that this process wrote itself, and that was checked to be one closure-free function.
  // oxlint-disable-next-line eslint/no-eval
  const make = (0, eval)(source) as (name: (target: unknown) => unknown) => (...args: unknown[]) => unknown;
  return make((target) => target);
}
