/** Makes coroutine functions: calling one gives a frame that has not started. */
import type { Coroutine, CoroutineBody } from "../types.ts";
import { runningLoop } from "../kernel/loop.ts";
import { CREATED, Frame } from "./frame.ts";
import { Definition, type Ledger } from "./ledger.ts";
import { definitionPlace } from "./trace.ts";

/**
 * Makes a coroutine function (asyncio: `async def`). Calling it runs nothing and gives a `Coroutine`, which runs when
 * it is awaited with `yield*`, or handed to `run`, `createTask`, `gather` or a scope. In the body `yield*` awaits and
 * `return` gives the result. `this` is passed on, so that it serves as a class field. Annotate parameters that have
 * defaults. As with every generator function, the defaults of parameters are evaluated by the call.
 *
 * @example
 * ```ts
 * import { coroutine, run, sleep } from "brigade";
 *
 * const greet = coroutine(function* greet(name: string) {
 *   yield* sleep("10ms");
 *   return `hello ${name}`;
 * });
 * console.log(await run(greet("Ada")));
 * ```
 */
export function coroutine<This, A extends unknown[], T>(
  body: (this: This, ...args: A) => CoroutineBody<T>,
): (this: This, ...args: A) => Coroutine<T> {
  if (typeof body !== "function") throw new TypeError(`coroutine() takes a generator function, not ${typeof body}`);
  const definition = new Definition(body.name || definitionPlace(coroutine));
  let { ledger } = definition;
  const make = function (this: This, ...args: A): Coroutine<T> {
    if (ledger.plainFor !== runningLoop) {
      ledger = definition.ledger;
      if (ledger.sites) return noted(body.apply(this, args), ledger, make);
    }
    ledger.unstarted++;
    return new Frame<T>(body.apply(this, args), ledger);
  };
  return Object.defineProperty(make, "name", { value: body.name, configurable: true });
}

/** In debug, where the coroutine was made is written down. */
function noted<T>(generator: CoroutineBody<T>, ledger: Ledger, above: (...args: never) => unknown): Coroutine<T> {
  ledger.unstarted++;
  const frame = new Frame<T>(generator, ledger);
  ledger.sites?.note(() => frame.state === CREATED, above);
  return frame;
}
