/** What may be run, made into a frame that is ready to start. */
import { describe } from "../errors.ts";
import type { Awaitable, AwaitableLike, Suspension } from "../types.ts";
import { CLAIMED, CREATED, type Drivable, Frame, type Scope } from "./frame.ts";
import { Definition, type Ledger } from "./ledger.ts";
import { PromiseLeaf } from "./promise.ts";

const ledgers = /* @__PURE__ */ new Map<string, Ledger>();

/** The ledger of frames that were never coroutines: it gives them a name. */
function ledgerOf(name: string): Ledger {
  let ledger = ledgers.get(name);
  if (!ledger) ledgers.set(name, (ledger = new Definition(name).ledger));
  return ledger;
}

function claimed(generator: Drivable, name: string): Frame {
  const frame = new Frame(generator, ledgerOf(name));
  frame.state = CLAIMED;
  return frame;
}

/**
 * The frame that runs the body. A coroutine is claimed for it: nobody else can start it. Throws `TypeError` for what
 * can't be awaited, `InvalidStateError` for a coroutine that was used.
 */
export function frameOf(body: AwaitableLike<unknown>, taker: string): Frame {
  if (body instanceof Frame) return body.claim();
  if (typeof body === "object" && body !== null) {
    if (Symbol.iterator in body) {
      const iterator = (body[Symbol.iterator] as () => Iterator<Suspension>)();
      if (iterator instanceof Frame) return iterator.claim();
      // Generators and leaves can be unwound; the iterators of arrays and other collections can't.
      if (typeof iterator.return === "function") return claimed(iterator, kindOf(body));
    } else if (typeof body.then === "function") return claimed(new PromiseLeaf(body), "promise");
  }
  const hint = typeof body === "function" ? ": call it, and hand over what it gives" : "";
  throw new TypeError(`${taker} takes a coroutine or something else that can be awaited, not ${describe(body)}${hint}`);
}

/** The body as something that a coroutine can await now. */
export function awaitableOf<T>(body: AwaitableLike<T>, taker: string): Awaitable<T> {
  const frame = frameOf(body, taker);
  if (frame.scope === undefined) {
    frame.state = CREATED;
    frame.ledger.unstarted++;
  }
  return frame as Frame<T>;
}

function kindOf(body: object): string {
  return "kind" in body && typeof body.kind === "string" ? body.kind : "generator";
}

/** A frame of its own for a scope, which runs what the body's frame would have run. */
export function scopeFrame(body: AwaitableLike<unknown>, scope: Scope, taker: string): Frame {
  const inner = frameOf(body, taker);
  return scoped(new Frame(drivable(inner), inner.ledger), scope);
}

/** A frame for a scope that gives its generator when it is entered. */
export function lateFrame(scope: Scope, name: string): Frame {
  return scoped(new Frame(NEVER, ledgerOf(name)), scope);
}

function scoped(frame: Frame, scope: Scope): Frame {
  frame.state = CLAIMED;
  frame.scope = scope;
  return frame;
}

/** What drives a claimed frame's work from another frame. */
export function drivable(frame: Frame): Drivable {
  return frame.scope ? frame : frame.generator;
}

/** Stands in for a generator that the scope makes when it is entered. */
const NEVER: Drivable = { next: () => ({ done: true, value: undefined }) };
